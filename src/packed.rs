//! Which long texts lie compressed in the program?
//!
//! `build.rs` packs them: together they take a fifth of their room.

use flate2::read::GzDecoder;
use std::io::Read as _;
use std::sync::LazyLock;

macro_rules! packed {
    ($($name:ident = $file:literal;)*) => {
        $(pub(crate) static $name: LazyLock<String> =
            LazyLock::new(|| unpack(include_bytes!(concat!(env!("OUT_DIR"), "/", $file))));)*
    };
}

packed! {
    BUILDS = "builds.txt";
    DIFF_SCHEMA = "diff.schema.json";
    ENTRA = "entra.txt";
    GERMAN = "german.txt";
    REPORT_SCHEMA = "report.schema.json";
}

fn unpack(packed: &[u8]) -> String {
    let mut text = String::new();
    // what the build has packed can be read
    let _ = GzDecoder::new(packed).read_to_string(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_the_one_of_its_file() {
        for (packed, file) in [
            (&BUILDS, include_str!("protocol/builds.txt")),
            (&DIFF_SCHEMA, include_str!("../docs/diff.schema.json")),
            (&ENTRA, include_str!("protocol/entra.txt")),
            (&GERMAN, include_str!("cli/german.txt")),
            (&REPORT_SCHEMA, include_str!("../docs/report.schema.json")),
        ] {
            assert!(packed.as_str() == file.replace("\r\n", "\n"));
            assert!(!file.is_empty());
        }
    }
}
