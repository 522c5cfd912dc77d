//! Small charts. They are made of numbers alone; what they say stands in words beside them.

use leptos::prelude::*;
use std::fmt::Write;

const HEIGHT: u64 = 80;
const STEP: u64 = 10;

/// A bar for each number, as high as the highest allows.
pub(super) fn bars(numbers: &[u64], label: &str) -> AnyView {
    let most = numbers.iter().copied().max().unwrap_or_default().max(1);
    let mut drawn = String::new();
    for (place, number) in (0..).zip(numbers) {
        // A day with one of a million is seen, too.
        let height = (number * HEIGHT / most).max(u64::from(*number > 0));
        let (x, y) = (place * STEP + 1, HEIGHT - height);
        _ = write!(drawn, r#"<rect x="{x}" y="{y}" width="{}" height="{height}"/>"#, STEP - 2);
    }
    let width = STEP * numbers.len().max(1) as u64;
    view! {
        <svg
            class="chart"
            viewBox=format!("0 0 {width} {HEIGHT}")
            preserveAspectRatio="none"
            role="img"
            aria-label=label.to_owned()
            inner_html=drawn
        ></svg>
    }
    .into_any()
}

/// So many of a hundred. The number stands beside it.
pub(super) fn share(percent: u64) -> AnyView {
    let drawn = format!(r#"<rect width="{}" height="4"/>"#, percent.min(100));
    view! {
        <svg class="chart share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" inner_html=drawn></svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_is_as_high_as_the_chart() {
        let chart = bars(&[0, 1, 400], "Some").to_html();
        for bar in [
            r#"y="80" width="8" height="0""#,
            r#"y="79" width="8" height="1""#,
            r#"y="0" width="8" height="80""#,
        ] {
            assert!(chart.contains(bar), "{bar}: {chart}");
        }
        assert!(bars(&[], "None").to_html().contains("0 0 10 80"));
    }
}
