//! A mail as a document: tables and inline styles, for some mail clients draw like browsers of 2003. It fetches
//! nothing, so nobody learns when it is read.

use super::colours::{
    ACCENT, ACCENT_INK, CANVAS, CONTROL, Colour, GAP, INK, KNOB, LEAF, LINE, MUTED, Paint, STEP, SURFACE,
    look, look_of, night,
};
use super::content::{Block, Content};
use super::{Sender, one_line};
use crate::Logo;
use Paint::{Edge, Ground, Text};

const FONT: &str =
    "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif";
const MONO: &str =
    "font-family:ui-monospace,'SF Mono','Cascadia Mono',Menlo,Consolas,'Liberation Mono',monospace";

/// A table that only holds things in place.
const TABLE: &str = "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"";

pub(super) fn of(content: &Content, sender: &Sender) -> String {
    let preheader = content.blocks.iter().find_map(|block| match block {
        Block::Paragraph(text) => Some(escaped(text)),
        _ => None,
    });
    [
        head(&content.subject),
        format!("<body {}>\n", look(&[(Ground, CANVAS)], "margin:0;padding:0")),
        hidden(&preheader.unwrap_or_default()),
        format!("<div role=\"main\">\n{TABLE} width=\"100%\" {}>\n", look(&[(Ground, CANVAS)], "width:100%")),
        "<tr><td align=\"center\" class=\"around\" style=\"padding:32px 16px;\">\n".to_owned(),
        // Outlook knows no max-width.
        format!("<!--[if mso]>{TABLE} width=\"544\" align=\"center\"><tr><td><![endif]-->\n"),
        format!("{TABLE} width=\"100%\" style=\"width:100%;max-width:544px;text-align:left;\">\n"),
        brand(sender),
        card(content, sender),
        foot(content, sender),
        "</table>\n<!--[if mso]></td></tr></table><![endif]-->\n".to_owned(),
        "</td></tr>\n</table>\n</div>\n</body>\n</html>\n".to_owned(),
    ]
    .concat()
}

/// The one place where a value becomes part of a document, in an element or between the quotes of an attribute.
fn escaped(value: &str) -> String {
    let mut safe = String::new();
    for c in one_line(value).chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            other => safe.push(other),
        }
    }
    safe
}

fn head(subject: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <meta name=\"format-detection\" content=\"telephone=no, date=no, address=no, email=no\">\n\
         <title>{}</title>\n<style>\n:root{{color-scheme:light dark;supported-color-schemes:light dark}}\n\
         @media (max-width:480px){{\n.around{{padding:16px 8px!important}}\n.inside{{padding:24px 16px 8px 16px!important}}\n\
         .heading{{font-size:24px!important;line-height:30px!important}}\n}}\n\
         @media (prefers-color-scheme:dark){{\n{}}}\n</style>\n</head>\n",
        words::language().code(),
        escaped(subject),
        night()
    )
}

/// What a list of mails shows beside the subject: the first sentence, and blanks after it.
fn hidden(preheader: &str) -> String {
    format!(
        "<div style=\"display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all;\">{preheader}{}</div>\n",
        "&#8199;&#847; ".repeat(40)
    )
}

fn brand(sender: &Sender) -> String {
    let name = look(&[(Text, INK)], &format!("{FONT};font-size:17px;line-height:26px;font-weight:600"));
    format!(
        "<tr><td style=\"padding:0 0 16px 0;\">\n{TABLE}><tr>\n<td style=\"padding:0 12px 0 0;\">\n{}</td>\n\
         <td {name}>{}</td>\n</tr></table>\n</td></tr>\n",
        sender.logo.map_or_else(mark, picture),
        escaped(sender.app_name)
    )
}

/// It comes with the mail.
fn picture(logo: &Logo) -> String {
    let [width, height] = logo.within(160, 32);
    format!(
        "<img src=\"cid:{}\" width=\"{width}\" height=\"{height}\" alt=\"\" style=\"display:block;border:0;\">\n",
        Logo::CONTENT_ID
    )
}

/// The mark, drawn from cells: clients show no SVG, and many no pictures.
fn mark() -> String {
    let cell = |ground: Colour, width: u8, style: &str, inside: &str| {
        let style = format!("width:{width}px;height:28px;padding:0;font-size:0;line-height:0;{style}");
        format!("<td width=\"{width}\" height=\"28\" {}>{inside}</td>", look(&[(Ground, ground)], &style))
    };
    let knob = look(&[(Ground, KNOB)], "width:3px;height:3px;border-radius:2px;margin-left:11px");
    let edge = "<td width=\"4\" style=\"width:4px;\"></td>";
    format!(
        "{TABLE} aria-hidden=\"true\"><tr>{edge}{}{}{edge}</tr>\n<tr><td colspan=\"4\" height=\"3\" {}></td></tr></table>\n",
        cell(LEAF, 16, "border-radius:3px 2px 0 0", &format!("<div {knob}></div>")),
        cell(GAP, 6, "border-radius:0 3px 0 0", ""),
        look(&[(Ground, STEP)], "height:3px;font-size:0;line-height:0;border-radius:1px")
    )
}

fn card(content: &Content, sender: &Sender) -> String {
    let card = "padding:32px 32px 16px 32px;border-width:1px;border-style:solid;border-radius:8px";
    let heading = format!(
        "margin:0 0 16px 0;{FONT};font-size:28px;line-height:34px;font-weight:650;letter-spacing:-0.01em;\
         overflow-wrap:anywhere"
    );
    let blocks = content.blocks.iter().enumerate().map(|(index, block)| match block {
        Block::Paragraph(text) => paragraph(&escaped(text), if index == 0 { (17, 26) } else { (15, 22) }),
        Block::Facts(facts) => table(facts),
        Block::Code(code) => shown(code),
        Block::Button { label, link, quiet } => button(label, link, *quiet),
        Block::Link { label, link } => second_way(label, link),
        Block::Help(label) => second_way(label, sender.support_url.unwrap_or_default()),
    });
    format!(
        "<tr><td {}>\n<h1 {}>{}</h1>\n{}</td></tr>\n",
        look_of("inside", &[(Ground, SURFACE), (Edge, LINE)], card),
        look_of("heading", &[(Text, INK)], &heading),
        escaped(&content.heading),
        blocks.collect::<String>()
    )
}

/// The first one says what the mail is about; the others are smaller.
fn paragraph(markup: &str, (size, line): (u8, u8)) -> String {
    let style =
        format!("margin:0 0 16px 0;{FONT};font-size:{size}px;line-height:{line}px;overflow-wrap:anywhere");
    format!("<p {}>{markup}</p>\n", look(&[(Text, INK)], &style))
}

fn second_way(label: &str, link: &str) -> String {
    paragraph(&format!("{}:<br>{}", escaped(label), anchor(link, ACCENT, 15)), (15, 22))
}

/// The address itself: what is read is where it leads.
fn anchor(link: &str, colour: Colour, size: u8) -> String {
    let style =
        format!("{FONT};font-size:{size}px;line-height:20px;word-break:break-all;text-decoration:underline");
    format!("<a href=\"{0}\" {1}>{0}</a>", escaped(link), look(&[(Text, colour)], &style))
}

fn table(facts: &[(&'static str, String)]) -> String {
    let text = "font-size:15px;line-height:22px;vertical-align:top;text-align:left;font-weight:400";
    let label = look(&[(Text, MUTED)], &format!("padding:4px 16px 4px 0;{FONT};{text};white-space:nowrap"));
    let value = look(&[(Text, INK)], &format!("padding:4px 0;{FONT};{text};word-break:break-word"));
    let row = |(name, fact): &(&'static str, String)| {
        let (name, fact) = (escaped(name), escaped(fact));
        ["<tr><th scope=\"row\" ", &label, ">", &name, "</th><td ", &value, ">", &fact, "</td></tr>\n"]
            .concat()
    };
    let rows: String = facts.iter().map(row).collect();
    format!(
        "<table cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:0 0 16px 0;\">\n{rows}</table>\n"
    )
}

fn shown(code: &str) -> String {
    let style = format!(
        "margin:0 0 16px 0;padding:16px 8px;border-width:1px;border-style:solid;border-radius:8px;\
         text-align:center;{MONO};font-size:24px;line-height:32px;font-weight:600;letter-spacing:2px"
    );
    format!("<div {}>{}</div>\n", look(&[(Ground, CANVAS), (Edge, LINE), (Text, INK)], &style), escaped(code))
}

/// The padding is the link's own, so that all of it can be pressed; the address stands below for whoever cannot press.
fn button(label: &str, link: &str, quiet: bool) -> String {
    let colours = if quiet { [SURFACE, CONTROL, INK] } else { [ACCENT, ACCENT, ACCENT_INK] };
    let [ground, edge, text] = colours;
    let style = format!(
        "display:inline-block;padding:10px 20px;border-width:1px;border-style:solid;border-radius:8px;{FONT};\
         font-size:17px;line-height:24px;font-weight:600;text-decoration:none;text-align:center"
    );
    format!(
        "<p style=\"margin:24px 0 12px 0;\"><a href=\"{}\" {}>{}</a></p>\n<p style=\"margin:0 0 24px 0;\">{}</p>\n",
        escaped(link),
        look(&[(Ground, ground), (Edge, edge), (Text, text)], &style),
        escaped(label),
        anchor(link, MUTED, 13)
    )
}

fn foot(content: &Content, sender: &Sender) -> String {
    let style = format!("padding:16px 0 0 0;{FONT};font-size:13px;line-height:20px;overflow-wrap:anywhere");
    let link = |label: &str, to: &str| {
        let look = look(&[(Text, MUTED)], "text-decoration:underline");
        format!("<a href=\"{}\" {look}>{}</a>", escaped(to), escaped(label))
    };
    let help =
        sender.support_url.map(|url| format!(" · {}", link(words::mail::help(), url))).unwrap_or_default();
    format!(
        "<tr><td {}>{}<br>{}{help}</td></tr>\n",
        look(&[(Text, MUTED)], &style),
        escaped(&content.reason),
        link(sender.base_url, sender.base_url)
    )
}
