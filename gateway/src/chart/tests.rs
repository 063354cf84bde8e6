//! What a chart says and draws, looked at as an XML reader sees it.

use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::*;

fn buckets(states: &[State]) -> Vec<Bucket> {
    let bucket = |(day, state): (usize, &State)| Bucket { label: format!("{}.", day + 1), weight: 1, state: *state };
    states.iter().enumerate().map(bucket).collect()
}

fn line(points: &[Option<f64>]) -> Series {
    let points = points.iter().map(|value| value.map_or(Point::Missing, Point::Known)).collect();
    Series { kind: 1, before: false, points }
}

fn chart(shape: Shape, states: &[State], series: Vec<Series>) -> Chart<'static> {
    Chart {
        id: "agree",
        title: "How many <agree>?",
        words: "3 & more",
        shape,
        unit: Unit::Count,
        written: |value| format!("{value:.0}"),
        buckets: buckets(states),
        series,
        marks: Vec::new(),
    }
}

fn classed<'d>(document: &'d Document<'_>, class: &str) -> Vec<Node<'d, 'd>> {
    let has = |node: &Node<'_, '_>| {
        node.attribute("class").is_some_and(|all| class.split(' ').all(|one| all.split(' ').any(|each| each == one)))
    };
    document.descendants().filter(has).collect()
}

fn text_of(nodes: &[Node<'_, '_>]) -> Vec<String> {
    nodes.iter().filter_map(|node| node.text()).map(str::to_owned).collect()
}

#[test]
fn it_speaks_to_those_who_cannot_see_it_and_has_no_colour_of_its_own() {
    let svg = chart(Shape::Lines, &[State::Counted; 3], vec![line(&[Some(1.0), Some(2.0), Some(3.0)])]).svg();
    let document = Document::parse(&svg).unwrap();
    let root = document.root_element();
    assert_eq!(
        (root.attribute("role"), root.attribute("aria-labelledby")),
        (Some("img"), Some("agree-title agree-words"))
    );
    assert!(svg.contains("<title id=\"agree-title\">How many &lt;agree&gt;?</title>"), "{svg}");
    assert!(svg.contains("<desc id=\"agree-words\">3 &amp; more</desc>"), "{svg}");
    assert!(!svg.contains("style=") && !svg.contains("stroke=") && !svg.contains("fill=\"#"), "{svg}");
}

#[test]
fn a_gap_is_drawn_as_a_gap_and_the_line_breaks_at_it() {
    let states = [State::Counted, State::Counted, State::Gap, State::Gap, State::Counted, State::SoFar];
    let values = [Some(2.0), Some(4.0), None, None, Some(3.0), Some(1.0)];
    let drawn = chart(Shape::Lines, &states, vec![line(&values)]).svg();
    let document = Document::parse(&drawn).unwrap();
    let gaps = classed(&document, "gap");
    assert_eq!(gaps.len(), 1, "neighbours are one: {drawn}");
    assert_eq!((gaps[0].attribute("x"), gaps[0].attribute("width")), (Some("33.33%"), Some("33.33%")));
    let path = |class: &str| {
        let paths = classed(&document, class);
        paths
            .iter()
            .find(|node| node.has_tag_name("path") || node.attribute("d").is_some())
            .map(|node| node.attribute("d").unwrap_or_default().to_owned())
    };
    assert_eq!(path("line1").as_deref(), Some("M83.33 100L250 0M750 50"));
    assert_eq!(path("line1 open").as_deref(), Some("M750 50L916.67 150"), "what isn't over yet is apart");
    assert_eq!(classed(&document, "so-far").len(), 1);
    assert_eq!(classed(&document, "dot open").len(), 1);
}

#[test]
fn columns_stand_upon_each_other_and_the_period_before_lies_across() {
    let earlier = Series { before: true, ..line(&[Some(4.0), None]) };
    let series = vec![line(&[Some(1.0), Some(0.0)]), Series { kind: 2, ..line(&[Some(3.0), Some(2.0)]) }, earlier];
    let drawn = chart(Shape::Columns, &[State::Counted, State::SoFar], series).svg();
    let document = Document::parse(&drawn).unwrap();
    let place = |class: &str| {
        let all = classed(&document, class);
        all.iter()
            .map(|node| {
                [node.attribute("y").unwrap_or_default(), node.attribute("height").unwrap_or_default()].join("+")
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(place("fill1"), ["150+50"], "no column of nothing");
    assert_eq!(place("fill2"), ["0+150", "100+100"]);
    assert_eq!(place("fill2 open"), ["100+100"]);
    assert_eq!(classed(&document, "earlier").len(), 1);
}

#[test]
fn what_is_too_little_to_tell_is_a_dot_and_no_value() {
    let few = Series { points: vec![Point::Few, Point::Known(7.0)], ..line(&[]) };
    for shape in [Shape::Lines, Shape::Columns] {
        let drawn = chart(shape, &[State::Counted; 2], vec![few.clone()]).svg();
        let document = Document::parse(&drawn).unwrap();
        assert_eq!(classed(&document, "few").len(), 1, "{drawn}");
    }
}

#[test]
fn what_happened_in_one_bucket_stands_together() {
    let mark = |bucket, sign: &str| Mark { bucket, sign: sign.to_owned() };
    let marks = vec![mark(1, "A"), mark(0, "1"), mark(1, "2")];
    let drawn = Chart { marks, ..chart(Shape::Lines, &[State::Counted; 2], Vec::new()) }.svg();
    let document = Document::parse(&drawn).unwrap();
    assert_eq!(text_of(&classed(&document, "sign")), ["1", "A 2"]);
}

#[test]
fn the_scale_is_of_numbers_that_people_like() {
    let check = |unit: Unit, highest: f64, expect: &[f64]| {
        let grid = unit.grid(unit.top(highest));
        let near = grid.len() == expect.len() && grid.iter().zip(expect).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(near, "{highest}: {grid:?}");
    };
    check(Unit::Count, 0.0, &[0.0, 1.0, 2.0, 3.0, 4.0]);
    check(Unit::Count, 3.0, &[0.0, 1.0, 2.0, 3.0]);
    check(Unit::Count, 7.0, &[0.0, 2.0, 4.0, 6.0, 8.0]);
    check(Unit::Count, 1234.0, &[0.0, 500.0, 1000.0, 1500.0]);
    check(Unit::Share, 0.0, &[0.0, 0.01, 0.02]);
    check(Unit::Share, 0.38, &[0.0, 0.1, 0.2, 0.3, 0.4]);
    check(Unit::Share, 1.0, &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
}

#[test]
fn labels_are_few_and_begin_something_where_they_can() {
    let of = |weights: &[u8]| -> Vec<Bucket> {
        weights.iter().map(|weight| Bucket { label: String::new(), weight: *weight, state: State::Counted }).collect()
    };
    let places = |buckets: &[Bucket]| ticks::ticks(buckets).iter().map(|tick| tick.bucket).collect::<Vec<_>>();
    assert_eq!(places(&of(&[1; 5])), [0, 1, 2, 3, 4]);
    let month: Vec<u8> = (0..30).map(|day| if day % 7 == 3 { 2 } else { 1 }).collect();
    assert_eq!(places(&of(&month)), [3, 10, 17, 24], "weeks, since days are too many");
    let with_first: Vec<u8> = (0..30)
        .map(|day| {
            if day == 9 {
                3
            } else if day % 7 == 3 {
                2
            } else {
                1
            }
        })
        .collect();
    assert_eq!(places(&of(&with_first)), [3, 9, 17, 24], "the first of a month in the place of its neighbour");
    assert_eq!(places(&of(&[0; 5])), Vec::<usize>::new());
    assert!(ticks::ticks(&of(&[1; 365])).len() <= 12);
}

proptest! {
    #[test]
    fn whatever_is_counted_every_value_lies_within_the_plot(
        values in proptest::collection::vec(proptest::option::of(0.0f64..1e9), 1..80),
        columns in any::<bool>(),
    ) {
        let shape = if columns { Shape::Columns } else { Shape::Lines };
        let drawn = chart(shape, &vec![State::Counted; values.len()], vec![line(&values)]).svg();
        let document = Document::parse(&drawn).unwrap();
        for name in ["x", "y", "cx", "cy", "x1", "x2", "y1", "y2", "width", "height"] {
            for node in document.descendants() {
                let Some(value) = node.attribute(name) else { continue };
                let number: f64 = value.trim_end_matches('%').parse().unwrap();
                prop_assert!((-8.0..=HEIGHT + 20.0).contains(&number), "{name}={value} in {drawn}");
            }
        }
        let known = values.iter().flatten().count();
        let path = classed(&document, "line1").iter().filter_map(|node| node.attribute("d")).collect::<String>();
        let drawn_to = path.matches(['M', 'L']).count();
        prop_assert!(columns || drawn_to == known, "{known} values: {path}");
    }
}
