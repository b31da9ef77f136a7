//! Which Exchange is a build of, when was it released, and what came after it?
//!
//! The table is `builds.txt`; what is newer than it is known to be newer, and nothing else.

use crate::order;
use crate::packed::BUILDS;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::Offset;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The state of the table.
pub const STATE: Date = date(2026, 8, 19);

/// How much of a version is known: how many parts of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Such as 15.2: what ActiveSync tells.
    Family([u16; 2]),
    /// Such as 15.2.1544: what a path on the logon page tells, the cumulative update.
    Cumulative([u16; 3]),
    /// Such as 15.2.1544.11, the installed build.
    Exact([u16; 4]),
}

impl Version {
    /// Reads two to four numbers between dots; leading zeros, as in 15.02.0858.005, are no part of them.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Option<Vec<u16>> = text.trim().split('.').map(number).collect();
        match *parts?.as_slice() {
            [a, b] => Some(Self::Family([a, b])),
            [a, b, c] => Some(Self::Cumulative([a, b, c])),
            [a, b, c, d] => Some(Self::Exact([a, b, c, d])),
            _ => None,
        }
    }

    /// Its numbers.
    pub fn parts(&self) -> &[u16] {
        match self {
            Self::Family(parts) => parts,
            Self::Cumulative(parts) => parts,
            Self::Exact(parts) => parts,
        }
    }

    /// Whether the other says the same, as far as both go.
    pub fn agrees(&self, other: &Self) -> bool {
        self.parts().iter().zip(other.parts()).all(|(a, b)| a == b)
    }

    /// Whether it is Exchange Online's, which is updated by Microsoft.
    pub fn is_online(&self) -> bool {
        self.parts().starts_with(&[15, 20])
    }

    /// The product that it is of; `None` where several, or none, have such a number.
    pub fn product(&self) -> Option<Product> {
        match *self.parts() {
            [8, ..] => Some(Product::E2007),
            [14, ..] => Some(Product::E2010),
            [15, 0, ..] => Some(Product::E2013),
            [15, 1, ..] => Some(Product::E2016),
            [15, 2, third, ..] if third < 2562 => Some(Product::E2019),
            [15, 2, _, ..] => Some(Product::Se),
            _ => None,
        }
    }

    /// The release that is installed: of the same cumulative update, the last that is not above it.
    /// Of an exact build that is not in the table, an interim update changed the number.
    pub fn release(&self) -> Option<&'static Release> {
        let of_update = table().iter().filter(|release| release.build.get(..3) == self.parts().get(..3));
        match self {
            Self::Family(_) => None,
            Self::Cumulative(_) => of_update.min_by_key(|release| release.build),
            Self::Exact(build) => of_update.filter(|release| release.build <= *build).max_by_key(|r| r.build),
        }
    }

    /// Whether the table knows nothing as new of its product, or, where it is of none, nothing as new.
    pub fn is_beyond_table(&self) -> bool {
        let product = self.product();
        let of_product = table().iter().filter(|release| product.is_none_or(|product| release.product() == product));
        let last = of_product.map(|release| release.build).max();
        last.is_some_and(|last| match self {
            Self::Family(_) => false,
            Self::Cumulative(parts) => last.get(..3) < Some(parts.as_slice()),
            Self::Exact(build) => *build > last,
        })
    }

    /// The release that should be installed in its place by that day; `None` where it is the newest of
    /// its kind, or too little is known. Where a cumulative update still gets its security updates, the
    /// newest of these is enough.
    pub fn successor(&self, day: Date) -> Option<&'static Release> {
        let product = self.product()?;
        let installed = self.release()?;
        let is_public = |release: &&Release| release.day <= day && !release.is_paid();
        let all: Vec<&Release> = table().iter().filter(|r| r.product() == product).filter(is_public).collect();
        let same_update = all.iter().filter(|release| release.build.get(..3) == self.parts().get(..3));
        let of_update = same_update.max_by_key(|release| release.build).copied();
        let newest = all.iter().copied().max_by_key(|release| (release.day, release.build))?;
        let last = of_update.unwrap_or(installed);
        if last.day < newest.day && last.build < newest.build {
            return Some(newest);
        }
        of_update.filter(|last| matches!(self, Self::Exact(build) if *build < last.build))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.parts().iter().map(ToString::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

/// A product of the Exchange family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    /// Exchange Server 2007.
    E2007,
    /// Exchange Server 2010.
    E2010,
    /// Exchange Server 2013.
    E2013,
    /// Exchange Server 2016.
    E2016,
    /// Exchange Server 2019.
    E2019,
    /// Exchange Server Subscription Edition.
    Se,
}

impl Product {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::E2007 => "Exchange Server 2007",
            Self::E2010 => "Exchange Server 2010",
            Self::E2013 => "Exchange Server 2013",
            Self::E2016 => "Exchange Server 2016",
            Self::E2019 => "Exchange Server 2019",
            Self::Se => "Exchange Server SE",
        }
    }

    /// The last day of its support (<https://learn.microsoft.com/lifecycle/products/>); `None` for one
    /// whose end is not set.
    pub const fn end_of_support(self) -> Option<Date> {
        match self {
            Self::E2007 => Some(date(2017, 4, 11)),
            Self::E2010 => Some(date(2020, 10, 13)),
            Self::E2013 => Some(date(2023, 4, 11)),
            Self::E2016 | Self::E2019 => Some(date(2025, 10, 14)),
            Self::Se => None,
        }
    }

    /// The month until which paid updates were to be had after the end of support.
    pub const fn paid_until(self) -> Option<&'static str> {
        match self {
            Self::E2016 | Self::E2019 => Some("2026-10"),
            _ => None,
        }
    }
}

/// A line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// The build.
    pub build: [u16; 4],
    /// The day of its release; the first of the month where only the month is listed.
    pub day: Date,
    /// The same as it is listed.
    pub listed: &'static str,
    /// Microsoft's article about it, such as KB5121573.
    pub article: Option<&'static str>,
    /// Such as CU14 Apr24HU.
    pub name: &'static str,
}

impl Release {
    /// The product that it is of.
    pub fn product(&self) -> Product {
        Version::Exact(self.build).product().unwrap_or(Product::E2007)
    }

    /// Whether only those had it who paid for longer support.
    fn is_paid(&self) -> bool {
        let product = self.product();
        product.paid_until().and(product.end_of_support()).is_some_and(|end| self.day > end)
    }
}

/// Every known build, by number.
pub fn table() -> &'static [Release] {
    static TABLE: LazyLock<Vec<Release>> = LazyLock::new(|| BUILDS.lines().filter_map(read).collect());
    &TABLE
}

fn read(line: &'static str) -> Option<Release> {
    let mut fields = line.splitn(4, ' ');
    let Version::Exact(build) = Version::parse(fields.next()?)? else { return None };
    let listed = fields.next()?;
    let day = if listed.len() == 7 { format!("{listed}-01").parse() } else { listed.parse() };
    let article = fields.next().filter(|article| *article != "-");
    Some(Release { build, day: day.ok()?, listed, article, name: fields.next()? })
}

/// How many cumulative updates one version is away from another of the same family (such as 15.2, which
/// 2019 and Subscription Edition share); `None` between families, or where too little is known. An update
/// that the table does not have counts where it is seen.
pub fn updates_between(one: &Version, other: &Version) -> Option<usize> {
    let family = |parts: &[u16]| match *parts {
        // of 2010 and before, the second number is the service pack
        [major @ 0..=14, ..] => Some((major, 0)),
        [major, minor, ..] => Some((major, minor)),
        _ => None,
    };
    let update = |parts: &[u16]| parts.get(..3).map(<[u16]>::to_vec);
    let of = family(one.parts()).filter(|of| family(other.parts()) == Some(*of))?;
    let ends = [update(one.parts())?, update(other.parts())?];
    let known = table().iter().filter(|release| family(&release.build) == Some(of));
    let all: BTreeSet<Vec<u16>> = order::set(known.filter_map(|release| update(&release.build)).chain(ends.clone()));
    let [from, to] = ends.map(|end| all.iter().position(|update| *update == end));
    Some(from?.abs_diff(to?))
}

/// The day of a moment, in UTC.
pub fn day_of(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

fn number(text: &str) -> Option<u16> {
    (!text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn successor(text: &str, day: Date) -> Option<&'static str> {
        Version::parse(text).unwrap().successor(day).map(|release| release.name)
    }

    const TODAY: Date = date(2026, 11, 22);

    #[test]
    fn every_line_of_the_table_is_read_and_in_order() {
        let lines = include_str!("builds.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!((lines.count(), table().len()), (362, 362));
        assert!(table().is_sorted_by(|a, b| a.build < b.build));
        assert!(table().iter().all(|release| release.day <= STATE && !release.name.is_empty()));
        assert!(table().iter().all(|release| Version::Exact(release.build).product().is_some()));
        for (product, count) in [
            (Product::E2010, 63),
            (Product::E2013, 58),
            (Product::E2016, 117),
            (Product::E2019, 114),
            (Product::Se, 10),
        ] {
            assert_eq!(table().iter().filter(|r| r.product() == product).count(), count, "{product:?}");
        }
    }

    #[test]
    fn products_are_told_by_their_numbers() {
        let of = |text: &str| Version::parse(text).unwrap().product();
        assert_eq!(of("15.2.1748.49"), Some(Product::E2019));
        assert_eq!(of("15.2.2562.17"), Some(Product::Se));
        assert_eq!(of("15.2"), None);
        assert_eq!(of("15.1"), Some(Product::E2016));
        assert_eq!(of("14.3.513.0"), Some(Product::E2010));
        assert_eq!(of("15.20.9000.1"), None);
        assert!(Version::parse("15.20").unwrap().is_online() && !Version::parse("15.2").unwrap().is_online());
    }

    #[test]
    fn leading_zeros_are_formatting_and_what_is_no_version_is_none() {
        assert_eq!(Version::parse("15.02.0858.005"), Version::parse("15.2.858.5"));
        for text in ["", "15", "15.", "15.2.x", "15.2.1.2.3", "15.2.99999", "+15.2"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_unknown_build_is_at_least_the_last_one_below_it() {
        let release = |text: &str| Version::parse(text).unwrap().release().map(|r| r.name);
        assert_eq!(release("15.2.1544.12"), Some("CU14 Apr24HU"));
        assert_eq!(release("15.2.1544"), Some("CU14"));
        assert_eq!(release("15.2.3000.1"), None);
        assert!(Version::parse("15.2.2562.50").unwrap().is_beyond_table());
        assert!(Version::parse("15.2.3000.1").unwrap().is_beyond_table());
        assert!(!Version::parse("15.2.2562").unwrap().is_beyond_table());
    }

    #[test]
    fn what_should_be_installed_is_the_newest_update_of_the_same_cumulative_one_while_it_gets_any() {
        assert_eq!(successor("15.2.2562.43", TODAY), Some("RTM Aug26SU"));
        assert_eq!(successor("15.2.2562.46", TODAY), None);
        // both cumulative updates of 2019 got the last public update
        assert_eq!(successor("15.2.1544.33", TODAY), Some("CU14 Oct25SU"));
        assert_eq!(successor("15.2.1544.36", TODAY), None);
        assert_eq!(successor("15.2.1258.39", TODAY), Some("CU15 Oct25SU"));
        // the paid ones are nobody's fault
        assert_eq!(successor("15.1.2507.61", TODAY), None);
        assert_eq!(successor("15.1.2507.72", TODAY), None);
        // a path shows the cumulative update alone
        assert_eq!(successor("15.2.1544", TODAY), None);
        assert_eq!(successor("15.2.1118", TODAY), Some("CU15 Oct25SU"));
        assert_eq!(successor("14.3.123.4", TODAY), Some("SP3 RU32"));
    }

    #[test]
    fn updates_are_counted_within_a_family_and_those_of_tomorrow_too() {
        let between =
            |one: &str, other: &str| updates_between(&Version::parse(one).unwrap(), &Version::parse(other).unwrap());
        // a security update changes the fourth number alone
        assert_eq!(between("15.2.2562.46", "15.2.2562"), Some(0));
        assert_eq!(between("15.2.1748.39", "15.2.1544"), Some(1));
        assert_eq!(between("15.2.1544", "15.2.2562.46"), Some(2));
        assert_eq!(between("15.2.2562.46", "15.2.2650"), Some(1));
        assert_eq!(between("15.2.2562.46", "15.1.2507"), None);
        assert_eq!(between("15.2", "15.2.2562"), None);
        assert_eq!(between("14.3.123.4", "14.2.390.3"), Some(1));
        assert_eq!(between("14.3.123.4", "14.2.247.5"), Some(9));
    }

    #[test]
    fn nothing_is_missing_before_it_was_released() {
        assert_eq!(successor("15.2.2562.17", date(2025, 7, 15)), None);
        assert_eq!(successor("15.2.2562.17", date(2025, 8, 12)), Some("RTM Aug25SU"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(text in "[0-9.x]{0,20}") {
            if let Some(version) = Version::parse(&text) {
                let _ = (version.release(), version.successor(TODAY), version.is_beyond_table());
                prop_assert!(version.agrees(&version));
            }
        }
    }
}
