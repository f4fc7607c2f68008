//! A long text laid out as far as it is looked at: ten megabytes are opened, scrolled and searched
//! without breaking more of it into lines than a screen shows.

use super::form::Kind;
use super::pane::{Line, Tone};
use super::toned::{is_fence, toned, wrap};

/// Bytes that are laid out at once, about.
const BLOCK: usize = 4096;

/// Where a line of the laid-out text is: its block, and the line in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    block: usize,
    line: usize,
}

/// A piece of the text that ends with a line where lines are short.
#[derive(Clone, Copy, Debug)]
struct Block {
    start: usize,
    end: usize,
    /// It begins inside a block of code.
    fenced: bool,
}

/// A text.
#[derive(Clone, Debug)]
pub struct Long {
    text: String,
    kind: Kind,
    blocks: Vec<Block>,
}

impl Long {
    /// Looks through the text once, without laying it out.
    pub fn new(text: String, kind: Kind) -> Self {
        let mut blocks = Vec::with_capacity(text.len() / BLOCK + 1);
        let (mut start, mut fenced) = (0, false);
        while start < text.len() || blocks.is_empty() {
            let end = block_end(&text, start);
            blocks.push(Block { start, end, fenced });
            if kind == Kind::Markdown {
                let lines = text.get(start..end).unwrap_or_default().lines();
                fenced ^= lines.filter(|line| is_fence(line)).count() % 2 == 1;
            }
            start = end;
        }
        Self { text, kind, blocks }
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The lines of a block.
    fn lines(&self, block: usize, width: usize) -> Vec<Line> {
        let Some(block) = self.blocks.get(block) else {
            return Vec::new();
        };
        let text = self.text.get(block.start..block.end).unwrap_or_default();
        let ended = text.strip_suffix('\n');
        let mut fenced = block.fenced;
        let mut out = Vec::new();
        for line in ended.unwrap_or(text).split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let line = line.replace('\t', "  ");
            out.extend(wrap(&toned(&line, self.kind, &mut fenced), width));
        }
        out
    }

    /// As many lines as fit from a spot on.
    pub fn view(&self, from: Spot, width: usize, height: usize) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut skip = from.line;
        for block in from.block..self.blocks.len() {
            lines.extend(self.lines(block, width).into_iter().skip(skip));
            skip = 0;
            if lines.len() >= height {
                break;
            }
        }
        lines.truncate(height);
        lines
    }

    /// The spot so many lines away, never beyond the last full screen.
    pub fn step(&self, from: Spot, by: isize, width: usize, height: usize) -> Spot {
        let to = if by < 0 {
            self.back(from, by.unsigned_abs(), width)
        } else {
            self.forth(from, by.unsigned_abs(), width)
        };
        to.min(self.last(width, height))
    }

    fn back(&self, from: Spot, mut by: usize, width: usize) -> Spot {
        let mut at = from;
        while by > at.line {
            if at.block == 0 {
                return Spot::default();
            }
            by -= at.line + 1;
            let block = at.block - 1;
            let line = self.lines(block, width).len().saturating_sub(1);
            at = Spot { block, line };
        }
        Spot {
            line: at.line - by,
            ..at
        }
    }

    fn forth(&self, from: Spot, mut by: usize, width: usize) -> Spot {
        let mut at = from;
        loop {
            let left = self
                .lines(at.block, width)
                .len()
                .saturating_sub(at.line + 1);
            if by <= left {
                at.line += by;
                return at;
            }
            if at.block + 1 >= self.blocks.len() {
                at.line += left;
                return at;
            }
            by -= left + 1;
            at = Spot {
                block: at.block + 1,
                line: 0,
            };
        }
    }

    /// The first line of the last full screen.
    pub fn last(&self, width: usize, height: usize) -> Spot {
        let block = self.blocks.len().saturating_sub(1);
        let line = self.lines(block, width).len().saturating_sub(1);
        self.back(Spot { block, line }, height.saturating_sub(1), width)
    }

    /// How much of the text is above a spot, in percent.
    pub fn percent(&self, at: Spot) -> usize {
        let start = self.blocks.get(at.block).map_or(0, |block| block.start);
        start * 100 / self.text.len().max(1)
    }

    /// The next spot after one (or the one before it) whose line has these words, round and round.
    pub fn find(&self, words: &Wanted, from: Spot, back: bool, width: usize) -> Option<Spot> {
        let count = self.blocks.len();
        for i in 0..=count {
            let block = if back {
                (from.block + count - i) % count
            } else {
                (from.block + i) % count
            };
            let Some(piece) = self.blocks.get(block) else {
                continue;
            };
            // What lies across the end of a block is looked at with the block.
            let end = (piece.end..=self.text.len().min(piece.end + words.0.len() * 4))
                .rfind(|at| self.text.is_char_boundary(*at));
            let text = self.text.get(piece.start..end.unwrap_or(piece.end));
            if !words.is_in(text.unwrap_or_default()) {
                continue;
            }
            let here = i == 0;
            let hit = |(line, text): (usize, &Line)| {
                let spot = Spot { block, line };
                let beyond = if back { spot < from } else { spot > from };
                (words.is_in(&flat(text)) && (!here || beyond)).then_some(spot)
            };
            let lines = self.lines(block, width);
            let mut hits = lines.iter().enumerate().filter_map(hit);
            let found = if back { hits.next_back() } else { hits.next() };
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

/// Words that are looked for; a capital among them makes case matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted(String);

impl Wanted {
    /// Words as they are typed.
    pub fn new(words: &str) -> Self {
        Self(words.to_owned())
    }

    /// Nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn matters(&self) -> bool {
        self.0.chars().any(char::is_uppercase)
    }

    fn is_in(&self, text: &str) -> bool {
        !self.is_empty()
            && if self.matters() {
                text.contains(&self.0)
            } else {
                text.to_lowercase().contains(&self.0)
            }
    }

    /// The line with these words in another tone.
    pub fn mark(&self, line: Line) -> Line {
        if !self.is_in(&flat(&line)) {
            return line;
        }
        let mut out = Line::default();
        for (tone, text) in line.spans {
            let mut rest = text.as_str();
            while let Some(at) = self.find_in(rest) {
                let (before, from) = rest.split_at(at);
                let (hit, after) = from.split_at(self.0.len().min(from.len()));
                out.spans.push((tone, before.to_owned()));
                out.spans.push((Tone::Match, hit.to_owned()));
                rest = after;
            }
            out.spans.push((tone, rest.to_owned()));
        }
        out
    }

    /// Where the words begin in a text, if their end is one of the text's, too.
    fn find_in(&self, text: &str) -> Option<usize> {
        let at = if self.matters() {
            text.find(&self.0)
        } else {
            // Lower case may be longer or shorter; what does not fit is not marked.
            let lower = text.to_lowercase();
            lower.find(&self.0).filter(|_| lower.len() == text.len())
        }?;
        text.get(at..at + self.0.len()).map(|_| at)
    }
}

fn flat(line: &Line) -> String {
    line.spans.iter().map(|(_, text)| text.as_str()).collect()
}

/// Where a block that begins at `start` ends: at the last line that fits, else at a space, else where it
/// is full.
fn block_end(text: &str, start: usize) -> usize {
    let full = start + BLOCK;
    if full >= text.len() {
        return text.len();
    }
    let full = (start..=full).rfind(|at| text.is_char_boundary(*at));
    let full = full.unwrap_or(start);
    let piece = text.get(start..full).unwrap_or_default();
    let end = piece.rfind('\n').or_else(|| piece.rfind(' '));
    match end {
        Some(at) => start + at + 1,
        // One character of thousands of marks: nobody reads it, but it ends.
        None if full == start => text.len(),
        None => full,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;

    fn numbered() -> String {
        let lines: Vec<String> = (0..3000).map(|n| format!("line {n}")).collect();
        lines.join("\n") + "\n"
    }

    fn told(long: &Long, from: Spot, height: usize) -> Vec<String> {
        long.view(from, 20, height).iter().map(flat).collect()
    }

    #[test]
    fn every_line_is_reached_and_no_line_twice() {
        let text = numbered();
        let long = Long::new(text, Kind::Plain);
        let mut at = Spot::default();
        let mut seen = told(&long, at, 1);
        while at < long.last(20, 1) {
            at = long.step(at, 1, 20, 1);
            seen.extend(told(&long, at, 1));
        }
        let want: Vec<String> = (0..3000).map(|n| format!("line {n}")).collect();
        assert_eq!(seen, want);
        let up = long.step(at, -2999, 20, 1);
        assert_eq!(up, Spot::default());
        assert_eq!(long.step(at, -1500, 20, 1), long.step(up, 1499, 20, 1));
        assert_eq!(told(&long, long.last(20, 10), 10).len(), 10);
    }

    #[test]
    fn a_line_without_end_is_laid_out_in_part() {
        for text in [
            "x".repeat(10 << 20),
            "e\u{301}".repeat(5 << 20),
            "\n".repeat(10 << 20),
        ] {
            let long = Long::new(text, Kind::Markdown);
            assert!(long.blocks.len() < 2 * ((10 << 20) / BLOCK) + 2);
            assert_eq!(long.view(Spot::default(), 80, 40).len(), 40);
            let end = long.last(80, 40);
            assert_eq!(long.view(end, 80, 40).len(), 40);
            assert!(long.percent(end) > 90);
        }
        let storm = format!("a{}", "\u{301}".repeat(20_000));
        let long = Long::new(storm, Kind::Plain);
        assert!(!long.view(Spot::default(), 80, 40).is_empty());
    }

    #[test]
    fn words_are_found_wherever_they_are_and_round_the_end() {
        let text = numbered();
        let long = Long::new(text, Kind::Plain);
        let wanted = Wanted::new("line 2999");
        let found = long.find(&wanted, Spot::default(), false, 20).unwrap();
        assert_eq!(told(&long, found, 1), ["line 2999"]);
        let again = long.find(&wanted, found, false, 20);
        assert_eq!(again, Some(found), "round the end, there is only one");
        let first = long.find(&Wanted::new("LINE 1"), found, false, 20);
        assert_eq!(first, None, "capitals matter");
        let before = long.find(&Wanted::new("line 7"), found, true, 20).unwrap();
        assert_eq!(told(&long, before, 1), ["line 799"]);
    }

    #[test]
    fn code_that_goes_on_in_the_next_block_is_code() {
        let mut text = "```\n".to_owned();
        text.extend(std::iter::repeat_n("# code\n", 2000));
        let long = Long::new(text, Kind::Markdown);
        let last = long.view(long.last(20, 1), 20, 1);
        assert_eq!(last[0].spans[0].0, Tone::Secondary);
    }
}
