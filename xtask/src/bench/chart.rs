//! The figures as a chart: each ratio with its goal, and calls a second beside FastAPI.

use super::figures::{COMPARED, FASTAPI, Figures, thousands};
use std::fmt::Write as _;

const WIDTH: f64 = 800.0;
/// Where bars begin, and how long the longest is.
const LEFT: f64 = 230.0;
const LENGTH: f64 = 300.0;
const STEP: f64 = 30.0;

struct Chart {
    body: String,
    y: f64,
}

pub(super) fn svg(figures: &Figures) -> String {
    let mut chart = Chart { body: String::new(), y: 20.0 };
    chart.title("Share of what is possible: 1 is the bound beside it, the line is the goal");
    for row in COMPARED {
        let Some(ratio) = row.ratio(figures) else { continue };
        let name = row.what.replace('`', "");
        chart.bar(&name, ratio.min(1.1) / 1.1, "#2f6f5e", &format!("{ratio:.2} of {}", row.beside));
        if let Some(goal) = row.goal {
            chart.goal(goal / 1.1);
        }
    }
    for [what, ours, theirs] in FASTAPI {
        let (Some(ours), Some(theirs)) = (figures.series(ours), figures.series(theirs)) else { continue };
        chart.y += 12.0;
        chart.title(&format!("{}, answers a second", what.replace('`', "")));
        let most = ours.per_second.max(theirs.per_second);
        for (name, rate, colour) in
            [("Doorstep", ours.per_second, "#2f6f5e"), ("FastAPI", theirs.per_second, "#8a8f98")]
        {
            chart.bar(name, rate / most, colour, &thousands(rate));
        }
    }
    let height = chart.y + 6.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"13\">\n<rect width=\"{WIDTH}\" height=\"{height}\" rx=\"8\" fill=\"#ffffff\"/>\n{}</svg>\n",
        chart.body
    )
}

impl Chart {
    fn title(&mut self, text: &str) {
        self.text(16.0, self.y + 8.0, "#1d2125", "font-weight=\"600\"", text);
        self.y += STEP;
    }

    /// A bar of a share of the longest.
    fn bar(&mut self, name: &str, share: f64, colour: &str, label: &str) {
        let (middle, width) = (self.y + 4.0, (share * LENGTH).max(1.0));
        self.text(LEFT - 10.0, middle, "#1d2125", "text-anchor=\"end\"", name);
        let _ = writeln!(
            self.body,
            "<rect x=\"{LEFT}\" y=\"{}\" width=\"{width:.1}\" height=\"18\" rx=\"3\" fill=\"{colour}\"/>",
            self.y - 9.0
        );
        self.text(LEFT + width + 8.0, middle, "#1d2125", "", label);
        self.y += STEP;
    }

    /// A line over the last bar.
    fn goal(&mut self, share: f64) {
        let (x, top) = (LEFT + share * LENGTH, self.y - STEP - 12.0);
        let _ = writeln!(self.body, "<path d=\"M{x:.1} {top}v24\" stroke=\"#c2410c\" stroke-width=\"2\"/>");
    }

    fn text(&mut self, x: f64, y: f64, colour: &str, attributes: &str, text: &str) {
        let _ =
            writeln!(self.body, "<text x=\"{x:.1}\" y=\"{y}\" fill=\"{colour}\" {attributes}>{text}</text>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bars_are_as_long_as_what_they_stand_for() {
        let series = |rate: f64, server: f64| json!({"per_second": rate, "server_us": server});
        let json = json!({"values": {}, "series": {
            "users_me": series(1.0, 20.0), "bare_me": series(1.0, 11.0),
            "cookie_me": series(2_000.0, 1.0), "fastapi_me": series(500.0, 1.0),
        }});
        let svg = svg(&Figures::read(&json.to_string()).unwrap());
        for part in [
            "width=\"150.0\"",
            "0.55 of bare axum",
            "width=\"300.0\"",
            "width=\"75.0\"",
            ">2,000<",
            "d=\"M393.6",
        ] {
            assert!(svg.contains(part), "{part} is not in\n{svg}");
        }
    }
}
