use super::chart::{bars, share};
use super::document::{Head, document};
use super::parts::table;
use crate::site::DocumentContext;
use domain::{ActiveFigure, DayCounts, DayFigures, Figures, PeopleFigures, Timestamp};
use leptos::prelude::*;

/// What an owner looks at each morning.
#[must_use]
pub fn admin_figures_document(context: DocumentContext, figures: Figures) -> String {
    let head = Head::new(words::admin_figures::title(), words::admin_figures::lead());
    document(context, head, move |_| page(&figures))
}

/// A number, as a card and as a row of the table behind the cards.
struct Figure {
    label: &'static str,
    number: Option<u64>,
    percent: Option<u64>,
    /// Whether its share of all people is drawn.
    has_share: bool,
    /// When it was counted, if that was before the others.
    earlier: Option<Timestamp>,
}

fn page(figures: &Figures) -> AnyView {
    let shown = shown(figures);
    let rows = shown.iter().map(row).collect();
    let headings =
        [words::admin_figures::figure(), words::admin_figures::number(), words::admin_figures::share()];
    view! {
        <ul class="figures">{shown.iter().map(card).collect::<Vec<_>>()}</ul>
        <details class="card table-behind">
            <summary>{words::admin_figures::table()}</summary>
            {table(&headings, rows)}
        </details>
        <div class="sides">
            {chart("sign-ins", words::admin_figures::sign_ins(), figures, |day| day.sign_ins)}
            {chart("refusals", words::admin_figures::refusals(), figures, |day| day.refusals)}
        </div>
        <p class="help">{words::admin_figures::as_of(&words::to_the_second(&figures.as_of))}</p>
    }
    .into_any()
}

fn shown(figures: &Figures) -> [Figure; 4] {
    let Figures { as_of, people, active, .. } = figures;
    let earlier = |at: &Timestamp| Some(at.clone()).filter(|at| at != as_of);
    let percent = |number: Option<u64>| people.as_ref().zip(number).and_then(|(all, of)| all.percent(of));
    let counted = people.as_ref().and_then(|people| earlier(&people.as_of));
    let of_people = |label, of: fn(&PeopleFigures) -> u64, has_share| {
        let number = people.as_ref().map(of);
        Figure { label, number, percent: percent(number), has_share, earlier: counted.clone() }
    };
    let in_use = active.as_ref().map(|active: &ActiveFigure| active.people);
    [
        of_people(words::admin_figures::people(), |people| people.all, false),
        of_people(words::admin_figures::new(), |people| people.new_this_week, true),
        Figure {
            label: words::admin_figures::active(),
            number: in_use,
            percent: percent(in_use),
            has_share: true,
            earlier: active.as_ref().and_then(|active| earlier(&active.as_of)),
        },
        of_people(words::admin_figures::proven(), |people| people.proven, true),
    ]
}

fn card(figure: &Figure) -> AnyView {
    let Figure { label, number, percent, has_share, earlier } = figure;
    let percent = percent.filter(|_| *has_share);
    view! {
        <li class="card figure">
            <p class="figure-label">{*label}</p>
            <p class="figure-number">{said(*number)}</p>
            {percent.map(share)}
            {percent.map(|percent| view! { <p class="help">{words::admin_figures::percent_of_all(percent)}</p> })}
            {earlier.as_ref().map(note)}
        </li>
    }
    .into_any()
}

fn row(figure: &Figure) -> AnyView {
    let share = figure.percent.map_or_else(|| words::admin::none().to_owned(), words::admin_figures::percent);
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">{figure.label}</th>
            <td role="cell" data-label=words::admin_figures::number()>{said(figure.number)}</td>
            <td role="cell" data-label=words::admin_figures::share()>{share}</td>
        </tr>
    }
    .into_any()
}

/// The days as bars, and as a table behind them.
fn chart(id: &'static str, title: &'static str, figures: &Figures, of: fn(&DayCounts) -> u64) -> AnyView {
    let Figures { as_of, days, .. } = figures;
    let number = |day: &DayFigures| day.counts.as_ref().map(of);
    let counted: Vec<_> = days.iter().filter_map(number).collect();
    let (sum, most) = (counted.iter().sum::<u64>(), counted.iter().copied().max().unwrap_or_default());
    let today = days.last().and_then(|day| day.counts.as_ref());
    let summary = words::admin_figures::summary(sum, most, &said(today.map(of)));
    let lacking = (counted.len() < days.len())
        .then(|| view! { <p class="help">{words::admin_figures::lacking(counted.len() as u64)}</p> });
    let earlier = today.filter(|today| today.as_of != *as_of).map(|today| note(&today.as_of));
    let drawn: Vec<_> = days.iter().map(|day| number(day).unwrap_or_default()).collect();
    let first = days.first().map(|day| words::day(&day.day));
    let rows = days.iter().rev().map(|day| day_row(day, title, number(day))).collect();
    view! {
        <section class="card" aria-labelledby=id>
            <div class="card-head">
                <h2 id=id>{title}</h2>
                <p>{summary.clone()}</p>
            </div>
            <div class="card-body">
                {bars(&drawn, &summary)}
                <p class="chart-ends"><span>{first}</span> <span>{words::admin_figures::today()}</span></p>
                {lacking}
                {earlier}
                <details class="table-behind">
                    <summary>{words::admin_figures::table()}</summary>
                    {table(&[words::admin_figures::day(), title], rows)}
                </details>
            </div>
        </section>
    }
    .into_any()
}

fn day_row(day: &DayFigures, title: &'static str, number: Option<u64>) -> AnyView {
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <time datetime=day.day.0.clone()>{words::day(&day.day)}</time>
            </th>
            <td role="cell" data-label=title>{said(number)}</td>
        </tr>
    }
    .into_any()
}

fn said(number: Option<u64>) -> String {
    number.map_or_else(|| words::admin_figures::unknown().to_owned(), |number| number.to_string())
}

/// When it was counted.
fn note(at: &Timestamp) -> AnyView {
    view! {
        <p class="help">
            <time datetime=at.0.clone()>{words::admin_figures::counted(&words::to_the_second(at))}</time>
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        Timestamp(format!("2026-11-27T{time}.000000Z"))
    }

    #[test]
    fn what_was_not_counted_is_said_and_hides_nothing() {
        let people = PeopleFigures { all: 8, new_this_week: 3, proven: 2, as_of: at("10:00:05") };
        let counts = Some(DayCounts { sign_ins: 4, refusals: 1, as_of: at("10:00:05") });
        let days = vec![
            DayFigures { day: at("00:00:00"), counts: None },
            DayFigures { day: at("00:00:00"), counts },
        ];
        let figures = Figures { as_of: at("10:00:05"), people: Some(people), active: None, days };
        let shown = page(&figures).to_html().replace("<!>", "");
        assert!(shown.contains("4 in 30 days, 4 on the busiest day, 4 today"), "{shown}");
        assert!(shown.contains("1 day of 30 is counted") && shown.contains("37 % of all people"), "{shown}");
        // The card and the row of those who signed in, and a day of each table.
        assert_eq!(shown.matches("Not counted yet").count(), 4, "{shown}");
        let earlier = "Counted 27 November 2026, 10:00:05 UTC";
        assert!(!shown.contains(earlier), "{shown}");
        let shown = page(&Figures { as_of: at("10:00:25"), ..figures }).to_html().replace("<!>", "");
        assert_eq!(shown.matches(earlier).count(), 5, "three numbers and two charts: {shown}");
    }
}
