//! How is HTML put together so that nothing leaves its place?

use crate::report::markup::escape;

/// The attributes of an element; the names are ours, the values anybody's.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// A piece of HTML. Text gets in escaped, and only so.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(&escape(text));
        self
    }

    /// An element, and what `fill` puts into it.
    pub fn within(&mut self, tag: &'static str, attributes: Attributes<'_>, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.open(tag, attributes);
        fill(self);
        self.close(tag)
    }

    /// An element that holds text alone.
    pub fn element(&mut self, tag: &'static str, attributes: Attributes<'_>, text: &str) -> &mut Self {
        self.within(tag, attributes, |html| {
            html.text(text);
        })
    }

    /// An element that holds nothing: `<br/>`, `<meta/>`, a shape. With its end, the page is XML too.
    pub fn empty(&mut self, tag: &'static str, attributes: Attributes<'_>) -> &mut Self {
        self.open(tag, attributes);
        self.0.pop();
        self.0.push_str("/>");
        self
    }

    /// The sheet of styles: ours, and the only text that is not escaped.
    pub fn style(&mut self, sheet: &'static str) -> &mut Self {
        self.0.push_str("<style>");
        self.0.push_str(sheet);
        self.0.push_str("</style>\n");
        self
    }

    /// All of it.
    pub fn finish(self) -> String {
        self.0
    }

    fn close(&mut self, tag: &'static str) -> &mut Self {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
        // a block ends its line, so that two reports can be compared
        if !matches!(tag, "a" | "b" | "code" | "span" | "strong" | "text" | "title" | "th" | "td") {
            self.0.push('\n');
        }
        self
    }

    fn open(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.0.push_str(&escape(value));
            self.0.push('"');
        }
        self.0.push('>');
    }
}
