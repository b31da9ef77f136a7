//! Which long texts does the program carry, compressed?

use flate2::{Compression, write::GzEncoder};
use std::io::{Error, Write};
use std::path::{Path, PathBuf};

const TEXTS: &[&str] = &[
    "docs/diff.schema.json",
    "docs/report.schema.json",
    "src/cli/german.txt",
    "src/protocol/builds.txt",
    "src/protocol/entra.txt",
];

fn main() -> Result<(), Error> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or_else(|| Error::other("cargo sets OUT_DIR"))?);
    for text in TEXTS {
        println!("cargo::rerun-if-changed={text}");
        // a clone under Windows may have other line ends
        let plain = std::fs::read_to_string(text)?.replace("\r\n", "\n");
        let name = Path::new(text).file_name().ok_or_else(|| Error::other("a file has a name"))?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(plain.as_bytes())?;
        std::fs::write(out.join(name), packed.finish()?)?;
    }
    Ok(())
}
