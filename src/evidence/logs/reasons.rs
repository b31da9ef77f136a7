//! Why can a file of logs not be read, or not to its end, in fragments that fit after "could not read it:"?

/// Somebody has cut it.
pub const SHRANK: &str = "it became shorter while it was read";
/// Its name leads to another file now.
pub const REPLACED: &str = "another file took its place while it was read";
/// Its content is another one.
pub const REWRITTEN: &str = "it was written anew while it was read";
/// The same, once it had been read to its end: nothing is lost.
pub const MOVED: &str = "another file took its place after it had been opened; this one was read to its end";
/// Nobody but its owner may read it.
pub const DENIED: &str = "the system does not permit reading it";
/// Another file that was named holds the same.
pub const COPY: &str = "it has the same content as another of the files, and counts once";
/// It is not there, or no longer.
pub const GONE: &str = "there is no such file";
/// What it is packed in ends too soon.
pub const ENDS_EARLY: &str = "what it is packed in ends too soon";
/// What it is packed in is damaged.
pub const DAMAGED: &str = "what it is packed in is damaged";
/// It wants a password.
pub const PASSWORD: &str = "the archive is locked with a password";
/// There is no file in the archive.
pub const NO_MEMBER: &str = "there is no file in the archive";
/// An archive that is looked into only where it lies in a folder.
pub const NESTED: &str = "it is an archive within an archive or a pipe; unpack it first";
/// An archive of a kind that is not read.
pub const OTHER_ARCHIVE: &str = "it is packed in a way that is not read; pack it with zip or gzip";
/// A log of IIS without the columns that matter.
pub const NO_COLUMN: &str = "its header (#Fields) lacks time, cs-uri-stem or sc-status";
/// A log of IIS without any header.
pub const NO_HEADER: &str = "its lines of ActiveSync have no header (#Fields) that says what their columns are";
/// The log of what http.sys turned away.
pub const HTTPERR: &str = "it is the HTTPERR log of http.sys: what stands in it never reached IIS";
/// A log in IIS's own format or that of NCSA.
pub const NOT_W3C: &str = "it is an IIS log in another format than W3C";
/// A list that `Format-Table` has cut.
pub const LIST_CUT: &str = "it is a table for people, whose columns are cut";
/// A list that ends in the middle.
pub const LIST_BROKEN: &str = "it breaks off or is damaged";
/// A list that is none.
pub const LIST_FOREIGN: &str = "it is no export of PowerShell that names devices";
/// A list that is larger than any.
pub const LIST_LARGE: &str = "it is larger than 64 MiB";

/// All of them.
pub const ALL: &[&str] = &[
    SHRANK,
    REPLACED,
    REWRITTEN,
    MOVED,
    COPY,
    DENIED,
    GONE,
    ENDS_EARLY,
    DAMAGED,
    PASSWORD,
    NO_MEMBER,
    NESTED,
    OTHER_ARCHIVE,
    NO_COLUMN,
    NO_HEADER,
    HTTPERR,
    NOT_W3C,
    LIST_CUT,
    LIST_BROKEN,
    LIST_FOREIGN,
    LIST_LARGE,
];
