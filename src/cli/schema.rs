//! How is the program described to other programs?

use super::args::{Lang, SchemaOf, command_in};
use super::exit::Trouble;
use super::german::page_in_german;
use super::output::print;
use crate::packed;
use crate::text;

/// `exdiag schema`: the text that `report::schema` made, which takes a fraction of the room that its code does.
pub fn schema(what: SchemaOf) -> Result<u8, Trouble> {
    let schema = match what {
        SchemaOf::Report => &*packed::REPORT_SCHEMA,
        SchemaOf::Diff => &*packed::DIFF_SCHEMA,
    };
    print(schema.as_bytes())?;
    Ok(0)
}

/// `exdiag completions`
pub fn completions(shell: clap_complete::Shell, lang: Lang) -> Result<u8, Trouble> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut command_in(lang), "exdiag", &mut out);
    print(&out)?;
    Ok(0)
}

/// `exdiag man`
pub fn man(name: Option<&str>, lang: Lang) -> Result<u8, Trouble> {
    let mut root = command_in(lang);
    root.build();
    let page = match name {
        None => root,
        Some(name) => root.find_subcommand(name).cloned().ok_or_else(|| {
            Trouble::new(text!(
                "{name} is not a command; `exdiag --help` names them all",
                "{name} ist kein Befehl; `exdiag --help` nennt alle",
            ))
            .with("name", format!("{name:?}"))
        })?,
    };
    let mut out = Vec::new();
    // writing to memory succeeds
    let title = name.map_or_else(|| "exdiag".to_owned(), |name| format!("exdiag-{name}"));
    let _ = clap_mangen::Man::new(page).title(title).render(&mut out);
    if lang == Lang::De {
        out = page_in_german(&String::from_utf8_lossy(&out)).into_bytes();
    }
    print(&out)?;
    Ok(0)
}
