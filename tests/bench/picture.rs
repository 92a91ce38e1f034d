//! The results as a picture: a bar for each case that has a goal, as long as the result is many times better than it, so
//! that one line marks all goals.

use std::fmt::Write as _;

use crate::finding::Finding;
use crate::report;

const ROW: usize = 22;
const TOP: usize = 40;
/// Where bars begin, how long one is that just meets its goal, and after how many of these it is cut off.
const LEFT: usize = 430;
const UNIT: f64 = 150.0;
const LONGEST: f64 = 3.0;
const WIDTH: usize = 1130;

/// As SVG.
pub(crate) fn draw(findings: &[Finding], machine: &str) -> String {
    let judged: Vec<(&Finding, f64)> =
        findings.iter().filter_map(|finding| Some((finding, finding.of_goal()?))).collect();
    let bottom = TOP + judged.len() * ROW;
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"10\" y=\"22\" font-size=\"14\">provd: results beside their goals; longer is better</text>\n",
        bottom + 34
    );
    for (row, (finding, times)) in judged.iter().enumerate() {
        bar(&mut picture, TOP + row * ROW, finding, *times);
    }
    // Writing to a string cannot fail.
    let goal = f64_of(LEFT) + UNIT;
    let _ = writeln!(
        picture,
        "<line x1=\"{goal}\" x2=\"{goal}\" y1=\"{TOP}\" y2=\"{bottom}\" stroke=\"black\" stroke-dasharray=\"4 3\"/>\n\
         <text x=\"{goal}\" y=\"{}\" text-anchor=\"middle\">goal</text>\n\
         <text x=\"10\" y=\"{}\" fill=\"gray\" font-size=\"10\">{}</text>\n</svg>",
        TOP - 4,
        bottom + 22,
        escaped(machine)
    );
    picture
}

fn bar(picture: &mut String, top: usize, finding: &Finding, times: f64) {
    let length = times.clamp(0.0, LONGEST) * UNIT;
    let colour = if times >= 1.0 { "#4a9d5b" } else { "#c8553d" };
    let cut = if times > LONGEST { "»" } else { "" };
    let label = format!("{cut} {} (goal {})", report::result(finding), report::goal(finding.goal));
    let baseline = top + 15;
    let _ = writeln!(
        picture,
        "<text x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{}</text>\n\
         <rect x=\"{LEFT}\" y=\"{}\" width=\"{length:.1}\" height=\"{}\" fill=\"{colour}\"/>\n\
         <text x=\"{:.1}\" y=\"{baseline}\">{}</text>",
        LEFT - 8,
        escaped(&finding.case),
        top + 3,
        ROW - 6,
        f64_of(LEFT) + length.max(UNIT) + 8.0,
        escaped(&label)
    );
}

fn f64_of(pixels: usize) -> f64 {
    u32::try_from(pixels).map_or(0.0, f64::from)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
