//! Is the Name of the subject (and of the issuer) made as the profile of its kind demands?

use super::Level::{Error, Notice, Warn};
use super::cert::{Attribute, Name, id};
use super::{Broken, Case, Rule, br, der, first, program, rfc, since, when};

pub(super) const RULES: &[Rule] = &[
    rfc("tls.rule-ca-subject-empty", Error, "RFC 5280 4.1.2.6", since::RFC_2459, |c| {
        when(c.cert.ca && c.cert.subject.attributes.is_empty())
    }),
    br("tls.rule-country-not-iso", Warn, "BR 7.1.4.2", since::BR, |c| {
        first(c.cert.subject.all(id::COUNTRY).find(|code| !is_country(&code.to_uppercase())))
    }),
    br("tls.rule-ca-country-not-iso", Warn, "BR 7.1.2.10.2", since::BR, |c| {
        first(c.cert.subject.all(id::COUNTRY).filter(|_| c.cert.ca).find(|code| !is_country(code)))
    }),
    program("tls.rule-country-not-upper-case", Warn, "ISO 3166-1", since::ALWAYS, |c| {
        let upper = |code: &str| !code.is_empty() && code.bytes().all(|octet| octet.is_ascii_uppercase());
        first(c.cert.subject.all(id::COUNTRY).find(|code| !upper(code)))
    }),
    rfc("tls.rule-country-not-printable-string", Warn, "RFC 5280 A.1", since::ALWAYS, |c| {
        country_in_other_string(&c.cert.subject)
    }),
    rfc("tls.rule-issuer-country-not-printable-string", Warn, "RFC 5280 A.1", since::ALWAYS, |c| {
        country_in_other_string(&c.cert.issuer)
    }),
    br("tls.rule-ca-organization-missing", Warn, "BR 7.1.2.10.2", since::BR, |c| {
        when(c.cert.ca && c.cert.subject.all(id::ORGANIZATION).next().is_none_or(str::is_empty))
    }),
    // a cross-signed authority may keep the name it has
    br("tls.rule-ca-unit", Notice, "BR 7.1.2.10.2", since::BR_2_0_0, |c| {
        when(c.cert.ca && c.cert.subject.has(id::UNIT))
    }),
    br("tls.rule-unit", Warn, "BR 7.1.4.2", since::UNITS_END, |c| when(!c.cert.ca && c.cert.subject.has(id::UNIT))),
    br("tls.rule-unit-without-organization", Warn, "BR 7.1.4.2.2", since::BR_1_7_9, |c| {
        when(c.cert.subject.has(id::UNIT) && !c.cert.subject.has(id::ORGANIZATION))
    }),
    br("tls.rule-attribute-twice", Warn, "BR 7.1.4.1", since::BR_2_0_0, |c| {
        let all = &c.cert.subject.attributes;
        let again = |(at, one): &(usize, &Attribute<'_>)| {
            ONCE.contains(&one.id.as_str()) && all.iter().take(*at).any(|other| other.id == one.id)
        };
        // a subject has tens of attributes; more is the work of somebody who wants to see this sweat
        first(all.iter().take(200).enumerate().find(again).map(|(_, one)| one.id.clone()))
    }),
    br("tls.rule-attribute-order", Warn, "BR 7.1.4.2", since::BR_2_0_0, |c| {
        let places = c.cert.subject.attributes.iter().filter_map(|a| ORDER.iter().position(|id| *id == a.id));
        when(c.cert.is_subscriber() && !places.is_sorted())
    }),
    br("tls.rule-attribute-string-type", Warn, "BR 7.1.4.2", since::BR_2_0_0, |c| {
        let wrong = |attribute: &&Attribute<'_>| match attribute.id.as_str() {
            id::DOMAIN_COMPONENT => attribute.tag != der::IA5,
            id::COUNTRY | id::SERIAL_NUMBER | id::JURISDICTION_COUNTRY => attribute.tag != der::PRINTABLE,
            id::STATE
            | id::LOCALITY
            | id::POSTAL_CODE
            | id::STREET
            | id::ORGANIZATION
            | id::SURNAME
            | id::GIVEN_NAME
            | id::UNIT
            | id::COMMON_NAME
            | id::BUSINESS_CATEGORY
            | id::JURISDICTION_STATE
            | id::JURISDICTION_LOCALITY
            | id::ORGANIZATION_ID => ![der::PRINTABLE, der::UTF8].contains(&attribute.tag),
            _ => false,
        };
        first(c.cert.subject.attributes.iter().find(wrong).map(|attribute| attribute.text.clone()))
    }),
    br("tls.rule-place-with-code", Warn, "BR 3.2.2.1", since::BR, |c| {
        let mut places = c.cert.subject.all(id::STATE).chain(c.cert.subject.all(id::LOCALITY));
        first(places.find(|text| text.contains(['=', ':', '{', '}', ';', '"', '|', '\\', '[', ']'])))
    }),
    br("tls.rule-attribute-says-nothing", Warn, "BR 7.1.4.2.2", since::BR, |c| {
        let speaks = |text: &str| text.chars().any(|letter| letter.is_ascii_alphanumeric() || u32::from(letter) > 127);
        first(c.cert.subject.attributes.iter().find(|a| is_string(a.tag) && !speaks(&a.text)).map(|a| a.id.clone()))
    }),
    program("tls.rule-subject-html", Warn, "BR 7.1.4.2", since::ALWAYS, |c| {
        first(spoken(&c.cert.subject).find(|text| has_entity(text)))
    }),
    program("tls.rule-subject-wrong-charset", Warn, "RFC 5280 4.1.2.4", since::ALWAYS, |c| {
        first(spoken(&c.cert.subject).find(|text| is_utf8_taken_for_latin1(text)))
    }),
    rfc("tls.rule-subject-control-character", Warn, "RFC 5280 A.1", since::ALWAYS, |c| {
        let control = |text: &str| text.chars().any(|c| matches!(u32::from(c), 0..=0x1f | 0x7f..=0x9f));
        let attributes = &c.cert.subject.attributes;
        first(attributes.iter().find(|a| control(&String::from_utf8_lossy(a.bytes))).map(|a| a.id.clone()))
    }),
    rfc("tls.rule-cn-too-long", Warn, "RFC 5280 A.1", since::RFC_2459, |c| {
        first(c.cert.common_name().filter(|text| text.chars().count() > 64))
    }),
    rfc("tls.rule-unit-too-long", Warn, "RFC 5280 A.1", since::RFC_2459, |c| too_long(c, id::UNIT, 64)),
    rfc("tls.rule-organization-too-long", Warn, "RFC 5280 A.1", since::RFC_2459, |c| too_long(c, id::ORGANIZATION, 64)),
    rfc("tls.rule-locality-too-long", Warn, "RFC 5280 A.1", since::RFC_2459, |c| too_long(c, id::LOCALITY, 128)),
    rfc("tls.rule-state-too-long", Warn, "RFC 5280 A.1", since::RFC_2459, |c| too_long(c, id::STATE, 128)),
    rfc("tls.rule-postal-code-too-long", Warn, "RFC 5280 A.1", since::RFC_2459, |c| too_long(c, id::POSTAL_CODE, 16)),
    rfc("tls.rule-given-name-too-long", Warn, "RFC 5280 A.1", since::RFC_2459, |c| too_long(c, id::GIVEN_NAME, 32_768)),
    program("tls.rule-given-name-long", Notice, "X.411 Annex B", since::RFC_2459, |c| too_long(c, id::GIVEN_NAME, 64)),
    rfc("tls.rule-serial-number-attribute-too-long", Warn, "RFC 5280 A.1", since::ALWAYS, |c| {
        let last = c.cert.subject.all(id::SERIAL_NUMBER).last();
        first(last.filter(|text| text.chars().count() > 64))
    }),
    program("tls.rule-several-attributes-in-one", Notice, "RFC 5280 4.1.2.4", since::ALWAYS, |c| {
        when(c.cert.subject.multiple)
    }),
    program("tls.rule-issuer-leading-space", Notice, "RFC 5280 7.1", since::ALWAYS, |c| {
        first(named(&c.cert.issuer).find(|text| text.starts_with(char::is_whitespace)))
    }),
    program("tls.rule-issuer-trailing-space", Notice, "RFC 5280 7.1", since::ALWAYS, |c| {
        first(named(&c.cert.issuer).find(|text| text.ends_with(char::is_whitespace)))
    }),
    program("tls.rule-subject-leading-space", Notice, "RFC 5280 7.1", since::ALWAYS, |c| {
        first(named(&c.cert.subject).find(|text| text.starts_with(char::is_whitespace)))
    }),
    program("tls.rule-subject-trailing-space", Notice, "RFC 5280 7.1", since::ALWAYS, |c| {
        first(named(&c.cert.subject).find(|text| text.ends_with(char::is_whitespace)))
    }),
    rfc("tls.rule-subject-email-not-in-san", Warn, "RFC 5280 4.1.2.6", since::RFC_2459, |c| {
        let in_san = |address: &str| c.cert.names.iter().any(|n| n.kind == 1 && n.bytes == address.as_bytes());
        first(c.cert.subject.all(id::EMAIL).find(|address| !in_san(address)))
    }),
    // domain validation
    br("tls.rule-dv-subject", Warn, "BR 7.1.2.7.2", since::BR_2_0_0, |c| {
        let allowed = |id: &str| [id::COMMON_NAME, id::COUNTRY].contains(&id);
        first(dv(c)?.attributes.iter().find(|a| !allowed(&a.id)).map(|a| a.id.clone()))
    }),
    br("tls.rule-dv-organization", Warn, "BR 7.1.6.4", since::BR, |c| when(dv(c)?.has(id::ORGANIZATION)))
        .until(since::BR_2_0_0),
    br("tls.rule-dv-postal-code", Warn, "BR 7.1.6.4", since::BR, |c| when(dv(c)?.has(id::POSTAL_CODE)))
        .until(since::BR_2_0_0),
    br("tls.rule-dv-state", Warn, "BR 7.1.6.4", since::BR, |c| when(dv(c)?.has(id::STATE))).until(since::BR_2_0_0),
    br("tls.rule-dv-street", Warn, "BR 7.1.6.4", since::BR, |c| when(dv(c)?.has(id::STREET))).until(since::BR_2_0_0),
    br("tls.rule-dv-locality", Warn, "BR 7.1.6.4", since::BR, |c| when(dv(c)?.has(id::LOCALITY)))
        .until(since::BR_2_0_0),
    // organisation validation
    br("tls.rule-ov-organization-missing", Warn, "BR 7.1.2.7.4", since::BR, |c| {
        when(!validated(c, id::ORGANIZATION_VALIDATED)?.has(id::ORGANIZATION))
    }),
    br("tls.rule-ov-country-missing", Warn, "BR 7.1.2.7.4", since::BR, |c| {
        when(!validated(c, id::ORGANIZATION_VALIDATED)?.has(id::COUNTRY))
    }),
    br("tls.rule-ov-place-missing", Warn, "BR 7.1.2.7.4", since::BR, |c| {
        let subject = validated(c, id::ORGANIZATION_VALIDATED).filter(|_| c.cert.is_subscriber())?;
        when(!subject.has(id::LOCALITY) && !subject.has(id::STATE))
    }),
    // individual validation
    br("tls.rule-iv-name-or-organization-missing", Warn, "BR 7.1.6.4", since::BR_1_3_1, |c| {
        let subject = validated(c, id::INDIVIDUAL_VALIDATED)?;
        let person = subject.has(id::GIVEN_NAME) && subject.has(id::SURNAME);
        when(!subject.has(id::ORGANIZATION) && !person)
    })
    .until(since::BR_2_0_0),
    br("tls.rule-iv-name-missing", Warn, "BR 7.1.2.7.3", since::BR_2_0_0, |c| {
        let subject = validated(c, id::INDIVIDUAL_VALIDATED)?;
        when(!(subject.has(id::GIVEN_NAME) && subject.has(id::SURNAME)))
    }),
    br("tls.rule-iv-country-missing", Warn, "BR 7.1.2.7.3", since::BR_1_3_1, |c| {
        when(!validated(c, id::INDIVIDUAL_VALIDATED)?.has(id::COUNTRY))
    }),
    br("tls.rule-iv-place-missing", Warn, "BR 7.1.2.7.3", since::BR_1_3_1, |c| {
        let subject = validated(c, id::INDIVIDUAL_VALIDATED).filter(|_| c.cert.is_subscriber())?;
        when(!subject.has(id::LOCALITY) && !subject.has(id::STATE))
    }),
    br("tls.rule-person-without-policy", Warn, "BR 7.1.4.2.2", since::GIVEN_NAMES, |c| {
        let person = c.cert.subject.has(id::GIVEN_NAME) || c.cert.subject.has(id::SURNAME);
        when(c.cert.is_subscriber() && person && !c.cert.has_policy(id::INDIVIDUAL_VALIDATED))
    }),
    // who is named has a country and a place, nobody has none
    br("tls.rule-country-missing", Warn, "BR 7.1.4.2.2", since::GIVEN_NAMES, |c| {
        when(names_somebody(c)? && !c.cert.subject.has(id::COUNTRY))
    }),
    br("tls.rule-place-missing", Warn, "BR 7.1.4.2.2", since::GIVEN_NAMES, |c| {
        when(names_somebody(c)? && !c.cert.subject.has(id::LOCALITY) && !c.cert.subject.has(id::STATE))
    }),
    br("tls.rule-locality-of-nobody", Warn, "BR 7.1.4.2.2", since::GIVEN_NAMES, |c| {
        when(!names_somebody(c)? && c.cert.subject.has(id::LOCALITY))
    }),
    br("tls.rule-state-of-nobody", Warn, "BR 7.1.4.2.2", since::GIVEN_NAMES, |c| {
        when(!names_somebody(c)? && c.cert.subject.has(id::STATE))
    }),
    br("tls.rule-street-of-nobody", Warn, "BR 7.1.4.2.2", since::GIVEN_NAMES, |c| {
        when(!names_somebody(c)? && c.cert.subject.has(id::STREET))
    }),
    br("tls.rule-postal-code-of-nobody", Warn, "BR 7.1.4.2.2", since::GIVEN_NAMES, |c| {
        when(!names_somebody(c)? && c.cert.subject.has(id::POSTAL_CODE))
    }),
];

/// The subject, where the certificate is no authority's and says that it was validated in this way.
fn validated<'a>(case: &'a Case<'_>, policy: &str) -> Option<&'a Name<'a>> {
    (!case.cert.ca && case.cert.has_policy(policy)).then_some(&case.cert.subject)
}

/// The same for domain validation.
fn dv<'a>(case: &'a Case<'_>) -> Option<&'a Name<'a>> {
    validated(case, id::DOMAIN_VALIDATED)
}

/// Whether a subscriber's subject names an organisation or a person.
fn names_somebody(case: &Case<'_>) -> Option<bool> {
    let subject = &case.cert.subject;
    let named = [id::ORGANIZATION, id::GIVEN_NAME, id::SURNAME].iter().any(|id| subject.has(id));
    case.cert.is_subscriber().then_some(named)
}

fn country_in_other_string(name: &Name<'_>) -> Broken {
    first(name.attributes.iter().find(|a| a.id == id::COUNTRY && a.tag != der::PRINTABLE).map(|a| a.text.clone()))
}

fn too_long(case: &Case<'_>, attribute: &str, most: usize) -> Broken {
    first(
        case.cert
            .subject
            .all(attribute)
            .find(|text| text.chars().count() > most)
            .map(|text| text.chars().take(40).collect::<String>()),
    )
}

/// What of a Name is meant for readers.
fn spoken<'a>(name: &'a Name<'a>) -> impl Iterator<Item = &'a str> {
    name.attributes.iter().filter(|a| SPOKEN.contains(&a.id.as_str())).map(|a| a.text.as_str())
}

/// The attributes of X.520 that name something.
fn named<'a>(name: &'a Name<'a>) -> impl Iterator<Item = &'a str> {
    name.attributes.iter().filter(|a| NAMED.contains(&a.id.as_str()) && is_string(a.tag)).map(|a| a.text.as_str())
}

fn is_string(tag: u8) -> bool {
    use der::{BMP, IA5, NUMERIC, PRINTABLE, TELETEX, UNIVERSAL, UTF8, VISIBLE};
    [UTF8, PRINTABLE, TELETEX, IA5, BMP, UNIVERSAL, NUMERIC, VISIBLE].contains(&tag)
}

/// `&amp;`, `&#39;`
fn has_entity(text: &str) -> bool {
    text.split('&').skip(1).any(|rest| {
        let rest = rest.strip_prefix('#').unwrap_or(rest);
        rest.split_once(';')
            .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()))
    })
}

/// Two letters that are one letter of UTF-8, read octet by octet as Windows-1252 or Latin-1: the first
/// octet of U+00C0 to U+00FF shows as Ã, the second as one of these.
fn is_utf8_taken_for_latin1(text: &str) -> bool {
    let second = |letter: char| matches!(u32::from(letter), 0x80..=0xbf) || WINDOWS_1252.contains(letter);
    let letters: Vec<char> = text.chars().collect();
    letters.windows(2).any(|pair| matches!(pair, ['\u{c3}', next] if second(*next) && !NOT_LETTERS.contains(*next)))
}

/// What Windows-1252 shows for the octets 0x80 to 0x9F.
const WINDOWS_1252: &str = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";
/// A no-break space or a soft hyphen behind Ã may be what was meant.
const NOT_LETTERS: &str = "\u{a0}\u{ad}";

const SPOKEN: &[&str] = &[
    id::GIVEN_NAME,
    id::SURNAME,
    id::COMMON_NAME,
    id::UNIT,
    id::ORGANIZATION,
    id::LOCALITY,
    id::STATE,
    id::STREET,
    id::POSTAL_CODE,
    id::ORGANIZATION_ID,
    id::JURISDICTION_LOCALITY,
    id::JURISDICTION_STATE,
];
const NAMED: &[&str] = &[
    id::COMMON_NAME,
    id::SURNAME,
    id::SERIAL_NUMBER,
    id::COUNTRY,
    id::LOCALITY,
    id::STATE,
    id::STREET,
    id::ORGANIZATION,
    id::UNIT,
    "2.5.4.12",
    id::POSTAL_CODE,
    "2.5.4.41",
    id::GIVEN_NAME,
    "2.5.4.43",
    "2.5.4.44",
    "2.5.4.46",
];
/// Attributes of which a subject has one (BR 7.1.4.1); domainComponent, street and unit may repeat.
const ONCE: &[&str] = &[
    id::JURISDICTION_LOCALITY,
    id::JURISDICTION_STATE,
    id::JURISDICTION_COUNTRY,
    id::COMMON_NAME,
    id::SURNAME,
    id::SERIAL_NUMBER,
    id::COUNTRY,
    id::LOCALITY,
    id::STATE,
    id::ORGANIZATION,
    id::BUSINESS_CATEGORY,
    id::GIVEN_NAME,
    id::ORGANIZATION_ID,
];
/// The order of BR 7.1.4.2, largest unit first.
const ORDER: &[&str] = &[
    id::DOMAIN_COMPONENT,
    id::COUNTRY,
    id::STATE,
    id::LOCALITY,
    id::POSTAL_CODE,
    id::STREET,
    id::ORGANIZATION,
    id::SURNAME,
    id::GIVEN_NAME,
    id::UNIT,
    id::COMMON_NAME,
];

/// Whether ISO 3166-1 knows the code; `XX` stands for a land without one (BR 7.1.4.2.2).
fn is_country(code: &str) -> bool {
    code == "XX" || (code.len() == 2 && COUNTRIES.split(' ').any(|known| known == code))
}

/// ISO 3166-1 alpha-2; AN was taken back in 2010.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AN AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT \
    BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ \
    FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS \
    IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN \
    MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW \
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN \
    TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_entities_and_lone_ampersands_are_told_apart() {
        assert!(has_entity("Smith &amp; Sons") && has_entity("O&#39;Hara"));
        assert!(!has_entity("Smith & Sons; Ltd") && !has_entity("&;"));
    }

    #[test]
    fn utf_8_read_as_latin_1_is_seen_and_portuguese_is_not() {
        assert!(is_utf8_taken_for_latin1("M\u{c3}\u{bc}nchen") && is_utf8_taken_for_latin1("Ã„rzte"));
        assert!(!is_utf8_taken_for_latin1("SÃO PAULO") && !is_utf8_taken_for_latin1("München"));
    }

    #[test]
    fn iso_3166_1_codes() {
        assert!(is_country("DE") && is_country("XX"));
        assert!(!is_country("UK") && !is_country("de") && !is_country("D") && !is_country("AE AF"));
    }
}
