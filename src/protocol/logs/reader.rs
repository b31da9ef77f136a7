//! Which reader does a file of this kind get?

use super::access::AccessLog;
use super::http_proxy::HttpProxy;
use super::kind::columns_of;
use super::lines::ByLine;
use super::listed::Lists;
use super::mailbox::{Known, MailboxLog};
use super::scan::{Part, Scanner};
use super::table::Chosen;
use crate::evidence::logs::LogKind;

/// Reads one file from its beginning to its end.
#[derive(Debug)]
pub enum Reader {
    /// An IIS log.
    Iis(Box<Scanner>),
    /// An HttpProxy log.
    HttpProxy(Box<ByLine<HttpProxy>>),
    /// An access log of a reverse proxy.
    Access(Box<ByLine<AccessLog>>),
    /// A mailbox log.
    Mailbox(Box<ByLine<MailboxLog>>),
    /// A list of devices.
    List(Lists),
    /// Nothing is looked for in it: its lines are counted.
    Counted(Box<Part>),
}

/// What all files are read with.
#[derive(Debug, Default)]
pub struct With {
    /// What mailbox logs have shown.
    pub known: Known,
    /// Whether requests to EWS count, too.
    pub ews: bool,
    /// Who is asked about.
    pub chosen: Chosen,
}

impl Reader {
    /// For the file of that number and kind, which begins with `head`.
    pub fn new(kind: LogKind, file: u32, head: &[u8], with: &With) -> Self {
        match kind {
            LogKind::Iis => {
                let columns = if head.starts_with(b"#") { None } else { columns_of(head) };
                Self::Iis(Box::new(Scanner::new(file, columns).with(with)))
            }
            LogKind::HttpProxy => Self::HttpProxy(Box::new(ByLine::new(HttpProxy::new(file), &with.chosen))),
            LogKind::ReverseProxy => Self::Access(Box::new(ByLine::new(AccessLog::new(file), &with.chosen))),
            LogKind::MailboxLog => {
                Self::Mailbox(Box::new(ByLine::new(MailboxLog::new(file, with.known.clone()), &with.chosen)))
            }
            LogKind::DeviceList => Self::List(Lists::default()),
            _ => Self::Counted(Box::default()),
        }
    }

    /// Takes the next bytes, wherever they are cut.
    pub fn feed(&mut self, bytes: &[u8]) {
        match self {
            Self::Iis(reader) => reader.feed(bytes),
            Self::HttpProxy(reader) => reader.feed(bytes),
            Self::Access(reader) => reader.feed(bytes),
            Self::Mailbox(reader) => reader.feed(bytes),
            Self::List(reader) => reader.feed(bytes),
            Self::Counted(part) => part.lines += memchr::memchr_iter(b'\n', bytes).count() as u64,
        }
    }

    /// The end of the file.
    pub fn finish(self) -> Part {
        match self {
            Self::Iis(reader) => reader.finish(),
            Self::HttpProxy(reader) => reader.finish(),
            Self::Access(reader) => reader.finish(),
            Self::Mailbox(reader) => reader.finish(),
            Self::List(reader) => reader.finish(),
            Self::Counted(part) => *part,
        }
    }
}
