//! Balls round an outline's edges, nested: what lies in balls far apart need not be measured.

use detente_types::geometry::earth::Vec3;

use crate::arc::Arc;

/// Beyond the depth of a chord and all rounding, in metres.
pub(crate) const SLACK_M: f64 = 0.1;

/// A ball that holds a part of an outline, chords and all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ball {
    pub(crate) centre: Vec3,
    pub(crate) radius: f64,
}

impl Ball {
    /// Round an arc, or a part of one, with these ends: less than half a circle stays within the ball on its
    /// ends.
    pub(crate) fn on(ends: (Vec3, Vec3)) -> Self {
        let (from, to) = ends;
        Self { centre: (from + to) * 0.5, radius: 0.5 * (to - from).norm() + SLACK_M }
    }

    /// Round two balls.
    fn merged(self, other: Self) -> Self {
        let between = other.centre - self.centre;
        let apart = between.norm();
        if apart + other.radius <= self.radius {
            return self;
        }
        if apart + self.radius <= other.radius {
            return other;
        }
        let radius = (apart + self.radius + other.radius) * 0.5;
        Self { centre: self.centre + between * ((radius - self.radius) / apart), radius: radius + 1e-6 }
    }

    /// No two points of the balls are closer than this, straight through the earth, in metres.
    pub(crate) fn apart(&self, other: &Self) -> f64 {
        ((self.centre - other.centre).norm() - self.radius - other.radius).max(0.0)
    }
}

/// The balls of all arcs, of their neighbours in pairs, and so on up: a node, then its first half's
/// nodes, then its second half's.
#[derive(Clone, Debug)]
pub(crate) struct Balls(Vec<Ball>);

impl Balls {
    pub(crate) fn new(arcs: &[Arc]) -> Self {
        let mut balls = Vec::with_capacity(2 * arcs.len());
        fill(&mut balls, arcs);
        Self(balls)
    }

    pub(crate) fn get(&self, node: usize) -> Ball {
        self.0[node]
    }
}

fn fill(balls: &mut Vec<Ball>, arcs: &[Arc]) -> Ball {
    if let [arc] = arcs {
        balls.push(Ball::on((arc.from(), arc.to())));
        return balls[balls.len() - 1];
    }
    let (first, second) = arcs.split_at(arcs.len() / 2);
    let place = balls.len();
    balls.push(Ball { centre: Vec3::ZERO, radius: 0.0 });
    let ball = fill(balls, first).merged(fill(balls, second));
    balls[place] = ball;
    ball
}
