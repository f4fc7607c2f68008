//! One series: points in whatever order and however often, to one total.

use super::point::{Kind, Point, Temporality, Value};
use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Points of a delta series by which copies are known; a retry comes soon or never.
const REMEMBERED: usize = 256;
/// Starts kept apart of a cumulative series: restarts, and processes that nothing else tells
/// apart. The oldest beyond them are settled.
const STARTS: usize = 64;

/// What a cumulative point's counting since one start has come to.
#[derive(Clone, Debug)]
struct Stream {
    /// The last point's time.
    time: u64,
    /// What it says.
    now: Value,
    /// What was counted before it fell without a new start.
    before: Option<Value>,
}

impl Stream {
    fn total(&self) -> Value {
        let mut total = self.now.clone();
        if let Some(before) = &self.before {
            total.add(before);
        }
        total
    }
}

/// What became of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It counts.
    Added,
    /// It was there already, or a later one says more.
    Known,
    /// It is older than what is kept apart.
    Late,
}

/// One series.
#[derive(Clone, Debug)]
pub struct Series {
    kind: Kind,
    /// Sum of delta points, or of streams that were settled.
    sum: Option<Value>,
    /// Copies of delta points are known by these.
    seen: VecDeque<u64>,
    /// Counting since each start.
    streams: BTreeMap<u64, Stream>,
    /// Streams that began before this are in `sum`.
    settled: u64,
    /// Since when the first point counts, ns since the epoch.
    pub first_start: u64,
    /// The latest point's time, ns since the epoch.
    pub last_time: u64,
}

impl Series {
    /// A series without points.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            sum: None,
            seen: VecDeque::new(),
            streams: BTreeMap::new(),
            settled: 0,
            first_start: u64::MAX,
            last_time: 0,
        }
    }

    /// Takes a point in. For points with a start time the order is no matter.
    pub fn take(&mut self, point: &Point) -> Taken {
        let began = if point.start == 0 {
            point.time
        } else {
            point.start
        };
        self.first_start = self.first_start.min(began);
        self.last_time = self.last_time.max(point.time);
        match self.kind {
            Kind::Counter(Temporality::Delta)
            | Kind::Level(Temporality::Delta)
            | Kind::Histogram(Temporality::Delta) => self.add(point),
            // What a gauge or level says holds from its time on, whoever counts anew.
            Kind::Gauge | Kind::Level(Temporality::Cumulative) => self.replace(0, point, false),
            Kind::Counter(_) | Kind::Histogram(_) | Kind::Summary => {
                self.replace(point.start, point, true)
            }
        }
    }

    fn add(&mut self, point: &Point) -> Taken {
        if point.time != 0 {
            let key = key_of(point);
            if self.seen.contains(&key) {
                return Taken::Known;
            }
            if self.seen.len() >= REMEMBERED {
                self.seen.pop_front();
            }
            self.seen.push_back(key);
        }
        match &mut self.sum {
            Some(sum) => sum.add(&point.value),
            None => self.sum = Some(point.value.clone()),
        }
        Taken::Added
    }

    fn replace(&mut self, start: u64, point: &Point, grows: bool) -> Taken {
        if start < self.settled {
            return Taken::Late;
        }
        let Some(stream) = self.streams.get_mut(&start) else {
            let stream = Stream {
                time: point.time,
                now: point.value.clone(),
                before: None,
            };
            self.streams.insert(start, stream);
            self.settle();
            return Taken::Added;
        };
        // Two points of one time: the one that says more, so that their order is no matter.
        let fell = point.value.fell_from(&stream.now);
        if point.time < stream.time || (point.time == stream.time && (fell || !grows)) {
            return Taken::Known;
        }
        if grows && fell {
            let mut before = stream.now.clone();
            if let Some(earlier) = &stream.before {
                before.add(earlier);
            }
            stream.before = Some(before);
        }
        let same = stream.now == point.value && stream.time == point.time;
        (stream.time, stream.now) = (point.time, point.value.clone());
        if same { Taken::Known } else { Taken::Added }
    }

    fn settle(&mut self) {
        while self.streams.len() > STARTS {
            let Some((start, stream)) = self.streams.pop_first() else {
                return;
            };
            self.settled = start + 1;
            let total = stream.total();
            match &mut self.sum {
                Some(sum) => sum.add(&total),
                None => self.sum = Some(total),
            }
        }
    }

    /// What it has come to: a counter's sum, a gauge's last value, a histogram of all values.
    pub fn total(&self) -> Option<Value> {
        let mut total = self.sum.clone();
        for stream in self.streams.values() {
            match &mut total {
                Some(total) => total.add(&stream.total()),
                None => total = Some(stream.total()),
            }
        }
        total
    }

    /// Memory on the heap, roughly, bytes.
    pub fn heap(&self) -> usize {
        let of = |v: &Value| size_of::<Value>() + v.heap();
        let streams = self.streams.values();
        let kept: usize = streams
            .map(|s| size_of::<Stream>() + s.now.heap() + s.before.as_ref().map_or(0, of))
            .sum();
        kept + self.seen.len() * size_of::<u64>() + self.sum.as_ref().map_or(0, of)
    }
}

fn key_of(point: &Point) -> u64 {
    let mut hasher = DefaultHasher::new();
    (point.start, point.time).hash(&mut hasher);
    match &point.value {
        Value::Number(n) => n.to_bits().hash(&mut hasher),
        Value::Distribution(d) => (d.count, d.sum.map(f64::to_bits)).hash(&mut hasher),
    }
    hasher.finish()
}
