use super::chart::{bars, share};
use super::document::{AdminSite, Head, document};
use domain::{DayFigures, Figures};
use leptos::prelude::*;

/// What an owner looks at each morning.
#[must_use]
pub fn admin_figures_document(site: AdminSite, figures: Figures) -> String {
    let head = Head { title: words::admin_figures::title(), lead: words::admin_figures::lead() };
    document(site, head, move |_| page(&figures))
}

fn page(figures: &Figures) -> AnyView {
    let Figures { as_of, people, new_this_week, proven, active, days } = figures;
    let part = |of: u64| part(of, *people);
    let in_use = active.as_ref().map(|active| active.people);
    let unknown = || words::admin::unknown().to_owned();
    let figure = |label: &'static str, number: String, chart: Option<u64>| {
        view! {
            <li class="card figure">
                <p class="figure-label">{label}</p>
                <p class="figure-number">{number}</p>
                {chart.map(share)}
            </li>
        }
    };
    view! {
        <ul class="figures">
            {figure(words::admin_figures::people(), people.to_string(), None)}
            {figure(words::admin_figures::new(), new_this_week.to_string(), Some(part(*new_this_week)))}
            {figure(words::admin_figures::active(), in_use.map_or_else(unknown, |people| people.to_string()), in_use.map(part))}
            {figure(words::admin_figures::proven(), percent(figures), Some(part(*proven)))}
        </ul>
        {numbers(figures)}
        <div class="sides">
            {chart("sign-ins", words::admin_figures::sign_ins(), days, |day| day.sign_ins)}
            {chart("refusals", words::admin_figures::refusals(), days, |day| day.refusals)}
        </div>
        <p class="help">{words::admin_figures::as_of(&words::to_the_second(as_of))}</p>
    }
    .into_any()
}

/// The same figures as a table.
fn numbers(figures: &Figures) -> AnyView {
    let row = |label: &'static str, number: u64| {
        view! {
            <tr role="row">
                <th scope="row" role="rowheader">
                    {label}
                </th>
                <td role="cell" data-label=words::admin_figures::number()>{number}</td>
                <td role="cell" data-label=words::admin_figures::share()>
                    {words::admin_figures::percent(part(number, figures.people))}
                </td>
            </tr>
        }
    };
    view! {
        <details class="card table-behind">
            <summary>{words::admin_figures::table()}</summary>
            <table class="table" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th scope="col" role="columnheader">
                            {words::admin_figures::figure()}
                        </th>
                        <th scope="col" role="columnheader">
                            {words::admin_figures::number()}
                        </th>
                        <th scope="col" role="columnheader">
                            {words::admin_figures::share()}
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    {row(words::admin_figures::people(), figures.people)}
                    {row(words::admin_figures::new(), figures.new_this_week)}
                    {figures.active.as_ref().map(|active| row(words::admin_figures::active(), active.people))}
                    {row(words::admin_figures::proven(), figures.proven)}
                </tbody>
            </table>
        </details>
    }
    .into_any()
}

/// So many of a hundred.
fn part(number: u64, people: u64) -> u64 {
    (number * 100).checked_div(people).unwrap_or_default()
}

fn percent(figures: &Figures) -> String {
    let none = || words::admin::none().to_owned();
    figures.proven_percent().map_or_else(none, words::admin_figures::percent)
}

/// The days as bars, and as a table behind them.
fn chart(id: &'static str, title: &'static str, days: &[DayFigures], of: fn(&DayFigures) -> u64) -> AnyView {
    let numbers: Vec<_> = days.iter().map(of).collect();
    let (sum, most) = (numbers.iter().sum::<u64>(), numbers.iter().copied().max().unwrap_or_default());
    let summary = words::admin_figures::summary(sum, most, numbers.last().copied().unwrap_or_default());
    let first = days.first().map(|day| words::day(&day.day));
    let rows = days.iter().rev().map(|day| {
        view! {
            <tr role="row">
                <th scope="row" role="rowheader"><time datetime=day.day.0.clone()>{words::day(&day.day)}</time></th>
                <td role="cell" data-label=title>{of(day)}</td>
            </tr>
        }
    });
    view! {
        <section class="card" aria-labelledby=id>
            <div class="card-head">
                <h2 id=id>{title}</h2>
                <p>{summary.clone()}</p>
            </div>
            <div class="card-body">
                {bars(&numbers, &summary)}
                <p class="chart-ends"><span>{first}</span> <span>{words::admin_figures::today()}</span></p>
                <details class="table-behind">
                    <summary>{words::admin_figures::table()}</summary>
                    <table class="table" role="table">
                        <thead role="rowgroup">
                            <tr role="row">
                                <th scope="col" role="columnheader">{words::admin_figures::day()}</th>
                                <th scope="col" role="columnheader">{title}</th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">{rows.collect::<Vec<_>>()}</tbody>
                    </table>
                </details>
            </div>
        </section>
    }
    .into_any()
}
