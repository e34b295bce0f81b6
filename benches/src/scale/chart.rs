//! Pictures of tables: lines over a logarithmic axis, as SVG that is legible on light and on dark
//! pages.

use std::fmt::Write;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 72.0;

/// Told apart on white and on black, and by those who see no red or no green.
const COLOURS: [&str; 6] = [
    "#0a84c6", "#d9720a", "#2a9d6f", "#b0559a", "#8a8a2a", "#7a7ae0",
];

/// A line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it shows.
    pub name: String,
    /// Its points, by x.
    pub points: Vec<(f64, f64)>,
}

/// A chart of some lines. What lies on the x axis is always logarithmic.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it is about.
    pub title: String,
    /// What lies on the x axis.
    pub x: String,
    /// What lies on the y axis, with the unit.
    pub y: String,
    /// Whether the y axis is logarithmic as well; else it begins at zero.
    pub log_y: bool,
    /// The lines.
    pub lines: Vec<Line>,
}

/// From a value to a place.
struct Axis {
    low: f64,
    high: f64,
    log: bool,
    from: f64,
    to: f64,
}

impl Axis {
    fn new(values: &[f64], log: bool, from: f64, to: f64) -> Axis {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        let (low, high) = if log {
            let low = 10_f64.powf(least.max(1e-6).log10().floor());
            let high = 10_f64.powf(most.max(1e-6).log10().ceil());
            (low, if high > low { high } else { low * 10.0 })
        } else {
            (0.0, nice(most))
        };
        Axis {
            low,
            high,
            log,
            from,
            to,
        }
    }

    fn place(&self, value: f64) -> f64 {
        let part = if self.log {
            (value.max(self.low) / self.low).log10() / (self.high / self.low).log10()
        } else {
            value / self.high
        };
        self.from + part * (self.to - self.from)
    }

    fn ticks(&self) -> Vec<f64> {
        if self.log {
            let decades = (self.high / self.low).log10().round() as i32;
            (0..=decades).map(|n| self.low * 10_f64.powi(n)).collect()
        } else {
            (0..=4).map(|n| self.high * f64::from(n) / 4.0).collect()
        }
    }
}

/// A round number that is not less.
fn nice(most: f64) -> f64 {
    let unit = 10_f64.powf(most.max(1e-6).log10().floor());
    [1.0, 2.0, 4.0, 6.0, 8.0]
        .into_iter()
        .map(|factor| factor * unit)
        .find(|round| *round >= most)
        .unwrap_or(10.0 * unit)
}

impl Chart {
    /// The chart as SVG; none where there is no point.
    pub fn svg(&self) -> Option<String> {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let xs: Vec<f64> = points().map(|(x, _)| *x).collect();
        let ys: Vec<f64> = points().map(|(_, y)| *y).collect();
        if xs.is_empty() {
            return None;
        }
        let x = Axis::new(&xs, true, LEFT, WIDTH - RIGHT);
        let y = Axis::new(&ys, self.log_y, HEIGHT - BOTTOM, TOP);
        let mut svg = String::new();
        // Writing into a String never fails.
        let _ = self.draw(&mut svg, &x, &y);
        Some(svg)
    }

    fn draw(&self, svg: &mut String, x: &Axis, y: &Axis) -> std::fmt::Result {
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             role=\"img\" aria-label=\"{}\">",
            escaped(&self.title)
        )?;
        svg.push_str(
            "<style>\ntext { font: 12px sans-serif; fill: #333 }\n\
             .title { font-size: 14px; font-weight: bold }\n\
             .grid { stroke: #8886; stroke-width: 1 }\n\
             .line { fill: none; stroke-width: 2 }\n\
             @media (prefers-color-scheme: dark) { text { fill: #ccc } }\n</style>\n",
        );
        self.grid(svg, x, y)?;
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let at = |(vx, vy): &(f64, f64)| format!("{:.1},{:.1}", x.place(*vx), y.place(*vy));
            let places: Vec<String> = line.points.iter().map(at).collect();
            writeln!(
                svg,
                "<polyline class=\"line\" stroke=\"{colour}\" points=\"{}\"/>",
                places.join(" ")
            )?;
            for (vx, vy) in &line.points {
                let (px, py) = (x.place(*vx), y.place(*vy));
                writeln!(
                    svg,
                    "<circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"3\" fill=\"{colour}\"/>"
                )?;
            }
        }
        self.legend(svg)?;
        svg.push_str("</svg>\n");
        Ok(())
    }

    fn grid(&self, svg: &mut String, x: &Axis, y: &Axis) -> std::fmt::Result {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for tick in y.ticks() {
            let at = y.place(tick);
            writeln!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 6.0,
                at + 4.0,
                short(tick)
            )?;
        }
        for tick in x.ticks() {
            let at = x.place(tick);
            writeln!(
                svg,
                "<path class=\"grid\" d=\"M{at:.1} {TOP}V{bottom}\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 16.0,
                short(tick)
            )?;
        }
        let title = escaped(&self.title);
        writeln!(svg, "<text class=\"title\" x=\"8\" y=\"16\">{title}</text>")?;
        writeln!(svg, "<text x=\"8\" y=\"32\">{}</text>", escaped(&self.y))?;
        let (x_name, at) = (escaped(&self.x), bottom + 34.0);
        writeln!(
            svg,
            "<text x=\"{right}\" y=\"{at}\" text-anchor=\"end\">{x_name}</text>"
        )
    }

    fn legend(&self, svg: &mut String) -> std::fmt::Result {
        /// Wide enough for a character of the font, on average.
        const CHAR: f64 = 6.5;
        let mut at = LEFT;
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let (top, base) = (HEIGHT - 20.0, HEIGHT - 11.0);
            writeln!(
                svg,
                "<rect x=\"{at:.1}\" y=\"{top}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>\
                 <text x=\"{:.1}\" y=\"{base}\">{}</text>",
                at + 14.0,
                escaped(&line.name)
            )?;
            at += 30.0 + CHAR * line.name.chars().count() as f64;
        }
        Ok(())
    }
}

/// `1,000,000` as `1 M`.
fn short(number: f64) -> String {
    let (scaled, unit) = match number {
        1e6.. => (number / 1e6, " M"),
        1e3.. => (number / 1e3, " k"),
        _ => (number, ""),
    };
    let digits = format!("{scaled:.3}");
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    format!("{digits}{unit}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(log_y: bool) -> Chart {
        Chart {
            title: "a < b".to_owned(),
            x: "jobs".to_owned(),
            y: "ms".to_owned(),
            log_y,
            lines: vec![Line {
                name: "one".to_owned(),
                points: vec![(1e3, 1.0), (1e6, 90.0)],
            }],
        }
    }

    #[test]
    fn the_ends_of_a_line_lie_in_the_corners_that_they_belong_to() {
        let svg = chart(true).svg().unwrap();
        assert!(
            svg.contains(&format!("points=\"{LEFT:.1},{:.1} ", HEIGHT - BOTTOM)),
            "{svg}"
        );
        assert!(svg.contains("a &lt; b") && svg.contains("1 M"), "{svg}");
        let linear = chart(false).svg().unwrap();
        assert!(
            linear.contains(">100<") && linear.contains(">0<"),
            "{linear}"
        );
    }

    #[test]
    fn without_a_point_there_is_no_picture() {
        let mut chart = chart(false);
        chart.lines[0].points.clear();
        assert_eq!(chart.svg(), None);
    }

    #[test]
    fn numbers_are_short() {
        let texts = [0.0, 0.25, 40.0, 1_500.0, 2e6].map(short);
        assert_eq!(texts, ["0", "0.25", "40", "1.5 k", "2 M"]);
    }
}
