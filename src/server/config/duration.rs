//! A duration as people write it: "250ms", "10s", "5m", "1h".

use serde::{Deserialize, Deserializer, Serializer};
use std::time::Duration;

/// The units, the largest first, in milliseconds.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
/// Longest: far beyond any use, and far from the overflow of a clock.
const MAX: Duration = Duration::from_secs(7 * 24 * 3_600);

pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("{text:?} is no duration: a number and a unit of ms, s, m, h, such as \"10s\", at most 168h");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(wrong)?;
    let milliseconds = number.parse::<u64>().ok().and_then(|n| n.checked_mul(*factor)).ok_or_else(wrong)?;
    Some(Duration::from_millis(milliseconds)).filter(|duration| *duration <= MAX).ok_or_else(wrong)
}

pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let milliseconds = duration.as_millis();
    let (unit, factor) =
        UNITS.iter().find(|(_, factor)| milliseconds.is_multiple_of(u128::from(*factor))).unwrap_or(&UNITS[3]);
    let (unit, factor) = if milliseconds == 0 { ("s", 1_000) } else { (*unit, *factor) };
    serializer.collect_str(&format_args!("{}{unit}", milliseconds / u128::from(factor)))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_unit_and_odd_ones_refused() {
        for (text, milliseconds) in [("250ms", 250), ("10s", 10_000), ("5m", 300_000), ("1h", 3_600_000), ("0s", 0)] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "10", "s", "-1s", "1.5s", "1d", "169h", "99999999999999999999s", "18446744073709551615h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
