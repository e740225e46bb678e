//! Fine lines that belong to one serial: a rosette and a band of waves, from nothing but arithmetic.
//!
//! Decoration, and a hint to the eye that two cards differ. It proves nothing: the signed code does.

use std::fmt::Write as _;

use crate::{Digest, Serial};

/// The numbers behind one card's lines.
pub(super) struct Guilloche([u8; 32]);

impl Guilloche {
    pub(super) fn of(serial: &Serial) -> Self {
        Self(*Digest::of(serial.as_str().as_bytes()).as_bytes())
    }

    /// A name for this card's shapes, so that two cards in one page do not take each other's.
    pub(super) fn name(&self) -> String {
        hex::encode(&self.0[28..])
    }

    fn pick(&self, at: usize, from: u8, choices: u8) -> u8 {
        from + self.0[at] % choices
    }

    fn share(&self, at: usize) -> f64 {
        f64::from(self.0[at]) / 255.0
    }

    /// One closed line of the rosette `which`, around the origin, at most `radius` wide. Turned again and
    /// again by a [`Self::turns`] it makes the whole.
    pub(super) fn petal(&self, which: usize, radius: f64) -> String {
        let at = which * 6;
        let petals = f64::from(self.pick(at, 7, 6));
        let ripples = petals * f64::from(self.pick(at + 1, 2, 2));
        let (deep, fine) = (0.20 + 0.10 * self.share(at + 2), 0.05 + 0.05 * self.share(at + 3));
        let phase = self.share(at + 4);
        let steps = (ripples as usize) * 5;
        let middle = 1.0 - deep - fine;
        let point = |step: usize| {
            let turn = step as f64 / steps as f64;
            let r = radius * (middle + deep * sine(petals * turn) + fine * sine(ripples * turn + phase));
            (r * sine(turn + 0.25), r * sine(turn))
        };
        // Catmull-Rom through the points, as Bezier curves.
        let (x, y) = point(0);
        let mut path = format!("M{} {}", Short(x), Short(y));
        for step in 0..steps {
            let [before, from, to, after] =
                [step + steps - 1, step, step + 1, step + 2].map(|step| point(step % steps));
            let lean = |a: f64, b: f64, c: f64| a + (c - b) / 6.0;
            let numbers = [
                lean(from.0, before.0, to.0) - from.0,
                lean(from.1, before.1, to.1) - from.1,
                lean(to.0, after.0, from.0) - from.0,
                lean(to.1, after.1, from.1) - from.1,
                to.0 - from.0,
                to.1 - from.1,
            ];
            path.push('c');
            for (at, number) in numbers.into_iter().enumerate() {
                let gap = if at == 0 { "" } else { " " };
                write!(path, "{gap}{}", Short(number)).expect("writing to a string cannot fail");
            }
        }
        path.push('z');
        path
    }

    /// How many times a petal is drawn, and by how many degrees it turns each time.
    pub(super) fn turns(&self, which: usize) -> (u8, f64) {
        let petals = f64::from(self.pick(which * 6, 7, 6));
        let times = self.pick(which * 6 + 5, 8, 4);
        (times, 360.0 / petals / f64::from(times))
    }

    /// Waves from x = 0 to `width` around y = 0, `height` between the outermost: one path for each line.
    pub(super) fn waves(&self, width: f64, height: f64) -> Vec<String> {
        let length = width / f64::from(self.pick(18, 5, 4));
        let lines = 9;
        let family = |length: f64, shift: f64, at: usize| {
            (0..lines).map(move |line| {
                let swing = height / 2.0 * sine(0.25 + f64::from(line) / 2.0 / f64::from(lines)) * 1.6;
                let mut x = -length * (shift + self.share(at));
                let mut path =
                    format!("M{} 0q{} {} {} 0", Short(x), Short(length / 2.0), Short(swing), Short(length));
                while x < width {
                    write!(path, "t{} 0", Short(length)).expect("writing to a string cannot fail");
                    x += length;
                }
                path
            })
        };
        family(length, 1.0, 19).chain(family(length * 1.37, 1.0, 20)).collect()
    }
}

/// One digit after the point is a third of a hair.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        let (sign, whole, tenth) = (if tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10);
        if tenth == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{tenth}") }
    }
}

/// The sine of a whole turn's parts. By hand, because a platform's own may differ in the last bit, and the
/// same card must be the same bytes everywhere.
fn sine(turns: f64) -> f64 {
    let part = turns - turns.floor();
    let (part, sign) = if part < 0.5 { (part, 1.0) } else { (part - 0.5, -1.0) };
    let quarter = if part > 0.25 { 0.5 - part } else { part };
    let x = quarter * std::f64::consts::TAU;
    let xx = x * x;
    sign * x
        * (1.0 - xx / 6.0 * (1.0 - xx / 20.0 * (1.0 - xx / 42.0 * (1.0 - xx / 72.0 * (1.0 - xx / 110.0)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_is_the_sine() {
        for step in -1000..1000 {
            let turns = f64::from(step) / 97.0;
            assert!((sine(turns) - (turns * std::f64::consts::TAU).sin()).abs() < 1e-7, "{turns}");
        }
    }

    #[test]
    fn numbers_are_short() {
        let shorts = [0.0, -0.04, 1.0, -1.25, 12.34].map(|number| Short(number).to_string());
        assert_eq!(shorts, ["0", "0", "1", "-1.3", "12.3"]);
    }

    #[test]
    fn another_serial_has_other_lines() {
        let [a, b] = [[1; 10], [2; 10]].map(|random| Guilloche::of(&Serial::from_random(random)));
        assert_ne!(a.petal(0, 100.0), b.petal(0, 100.0));
        assert_ne!(a.waves(360.0, 40.0), b.waves(360.0, 40.0));
        assert_ne!(a.name(), b.name());
    }
}
