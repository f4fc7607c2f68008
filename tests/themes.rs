//! The built-in themes, measured: texts can be read wherever they stand, phases can be told apart,
//! also by eyes that lack a kind of cone.
//!
//! Contrast is WCAG 2.2's ratio of relative luminances. Colour blindness is simulated as Machado,
//! Oliveira and Fernandes do (2009, severity 1.0, linear RGB). Distances are Euclidean in Oklab
//! (Ottosson 2020), times 100: 2 is just noticeable side by side, 10 two plainly different colours.
#![expect(clippy::unwrap_used, reason = "test")]

use ratatui::style::{Color, Modifier};
use spanfall::theme::{BUILT_IN, Canvas, Definition, Depth, Phase, Role, Theme, rgb};

type Rgb = [f64; 3];

/// Roles that letters and digits are written in; two phases name figures of the detail too.
const TEXTS: [Role; 19] = [
    Role::Text,
    Role::Strong,
    Role::Secondary,
    Role::Brand,
    Role::Title,
    Role::TitleUnfocused,
    Role::TabActive,
    Role::Key,
    Role::Match,
    Role::Running,
    Role::Error,
    Role::Warning,
    Role::Cost,
    Role::Turn,
    Role::Agent,
    Role::Call,
    Role::Tool,
    Role::WaitPrefill,
    Role::Decode,
];

fn linear(color: [u8; 3]) -> Rgb {
    color.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn times(matrix: [Rgb; 3], [a, b, c]: Rgb) -> Rgb {
    matrix.map(|[x, y, z]| x * a + y * b + z * c)
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let luminance = |c| {
        let [r, g, b] = linear(c);
        0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
    };
    let (a, b) = (luminance(a), luminance(b));
    (a / b).max(b / a)
}

const USUAL: [Rgb; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const PROTANOPIA: [Rgb; 3] = [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
];
const DEUTERANOPIA: [Rgb; 3] = [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_820, 0.042_940, 0.968_881],
];
const TRITANOPIA: [Rgb; 3] = [
    [1.255_528, -0.076_749, -0.178_779],
    [-0.078_411, 0.930_809, 0.147_602],
    [0.004_733, 0.691_367, 0.303_900],
];

/// A colour as seen by an eye, in Oklab.
fn seen(color: [u8; 3], eye: [Rgb; 3]) -> Rgb {
    let rgb = times(eye, linear(color)).map(|c| c.clamp(0.0, 1.0));
    let cones = [
        [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
        [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
        [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
    ];
    let lab = [
        [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
        [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
        [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
    ];
    times(lab, times(cones, rgb).map(f64::cbrt))
}

fn distance(a: [u8; 3], b: [u8; 3], eye: [Rgb; 3]) -> f64 {
    let (a, b) = (seen(a, eye), seen(b, eye));
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    100.0 * squares.sum::<f64>().sqrt()
}

fn themes() -> Vec<(Definition, Theme)> {
    let all = BUILT_IN.iter().map(|(name, _)| {
        let definition = Definition::built_in(name).unwrap();
        let theme = definition.on(Canvas::default());
        (definition, theme)
    });
    all.collect()
}

fn fg(theme: &Theme, role: Role) -> [u8; 3] {
    rgb(theme.style(role).fg.unwrap())
}

/// What a row can stand on: name and colour.
fn grounds(definition: &Definition, theme: &Theme) -> [(&'static str, [u8; 3]); 4] {
    let bg = |role| rgb(theme.style(role).bg.unwrap());
    [
        ("the ground", definition.ground()),
        ("the selection", bg(Role::Selection)),
        ("the selection without focus", bg(Role::SelectionUnfocused)),
        ("overlays", bg(Role::Overlay)),
    ]
}

/// Fails with every role that is too near to what it stands on.
fn assert_contrast(roles: &[Role], least: impl Fn(&str, Role) -> f64) {
    let mut found = Vec::new();
    for (definition, theme) in themes() {
        for (on, ground) in grounds(&definition, &theme) {
            for &role in roles {
                let (ratio, least) = (contrast(fg(&theme, role), ground), least(&theme.name, role));
                if ratio < least {
                    let name = role.name();
                    found.push(format!(
                        "{}: {name} on {on}: {ratio:.2} < {least}",
                        theme.name
                    ));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_measures_are_right() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
    // #767676 on white is WCAG's own example of the lightest grey at 4.5:1.
    assert!((contrast([0x76; 3], [255; 3]) - 4.54).abs() < 0.01);
    assert!((distance([0; 3], [255; 3], USUAL) - 100.0).abs() < 0.01);
    // Traffic lights: far apart, and much nearer to an eye without red or green cones.
    let (red, green) = ([0xcc, 0x33, 0x11], [0x66, 0x88, 0x00]);
    let usual = distance(red, green, USUAL);
    for eye in [PROTANOPIA, DEUTERANOPIA] {
        assert!(distance(red, green, eye) < usual / 1.5);
    }
}

#[test]
fn texts_can_be_read_wherever_they_stand() {
    assert_contrast(&TEXTS, |theme, _| match theme {
        "high-contrast" => 7.0,
        _ => 4.5,
    });
    // Ids, units and guides: never the only place where something is told.
    assert_contrast(&[Role::Faint], |theme, _| match theme {
        "high-contrast" => 7.0,
        _ => 3.0,
    });
}

#[test]
fn bars_stand_out() {
    // 3:1 is WCAG's least for graphics. Rules only divide what space divides already, and a
    // container's line repeats what its children's bars tell.
    let phases: Vec<Role> = Phase::ALL.iter().map(|p| p.role()).collect();
    assert_contrast(&phases, |_, role| match role {
        Role::Container => 2.0,
        _ => 3.0,
    });
    assert_contrast(&[Role::Rule], |_, _| 1.3);
    for (definition, theme) in themes() {
        let [(_, ground), (_, selection), (_, unfocused), _] = grounds(&definition, &theme);
        assert!(contrast(selection, ground) > 1.2, "{}", theme.name);
        assert!(contrast(unfocused, ground) > 1.05, "{}", theme.name);
        assert!(contrast(selection, unfocused) > 1.05, "{}", theme.name);
    }
}

#[test]
fn phases_are_told_apart() {
    let mut found = Vec::new();
    let mut apart = |theme: &Theme, a: Role, b: Role, eye: (&str, [Rgb; 3]), least: f64| {
        let far = distance(fg(theme, a), fg(theme, b), eye.1);
        if far < least {
            let (a, b, theme, eye) = (a.name(), b.name(), &theme.name, eye.0);
            found.push(format!(
                "{theme}, {eye}: {a} and {b} are {far:.1} apart, not {least}"
            ));
        }
    };
    let blind = [
        ("protanopia", PROTANOPIA, 8.5),
        ("deuteranopia", DEUTERANOPIA, 8.5),
        ("tritanopia", TRITANOPIA, 6.0),
    ];
    // Stalls and failed attempts are thin within the solid bar of a call, and wear the colours of
    // warnings and errors: their shape tells them apart.
    let worn = [Phase::Container, Phase::Stall, Phase::Retry];
    let bars = Phase::ALL.iter().filter(|p| !worn.contains(p));
    let bars: Vec<Role> = bars.map(|p| p.role()).collect();
    for (_, theme) in themes() {
        for (at, &a) in bars.iter().enumerate() {
            for &b in &bars[..at] {
                apart(&theme, a, b, ("usual eyes", USUAL), 6.5);
                for (name, eye, least) in blind {
                    if theme.name == "colour-blind" {
                        apart(&theme, a, b, (name, eye), least);
                    }
                }
            }
        }
        for other in [Role::Running, Role::Cost, Role::Text, Role::Warning] {
            apart(&theme, Role::Error, other, ("usual eyes", USUAL), 12.0);
            for (name, eye, _) in blind {
                if theme.name == "colour-blind" {
                    apart(&theme, Role::Error, other, (name, eye), 15.0);
                }
            }
        }
        // Every eye, every theme: what runs is not what failed.
        for (name, eye, _) in blind {
            apart(&theme, Role::Error, Role::Running, (name, eye), 9.0);
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn with_few_colours_text_never_has_the_colour_of_what_it_stands_on() {
    for (name, _) in BUILT_IN {
        for depth in [Depth::Ansi256, Depth::Ansi16] {
            let theme = Theme::built_in(name, depth, false).unwrap();
            let grounds = [Role::Selection, Role::SelectionUnfocused, Role::Overlay];
            for (ground, role) in grounds.iter().flat_map(|g| TEXTS.map(|role| (*g, role))) {
                // A ground can bring a colour for all that stands on it.
                let (on, text) = (theme.style(ground), theme.style(role));
                let (bg, fg) = (on.bg, on.fg.filter(|_| ground != Role::Overlay).or(text.fg));
                let what = format!("{name} {depth:?}: {} on {}", role.name(), ground.name());
                assert!(fg.is_some() && bg.is_some(), "{what}");
                assert_ne!(fg, bg, "{what}");
            }
        }
    }
}

#[test]
fn without_colour_everything_told_by_colour_keeps_another_sign() {
    for (name, _) in BUILT_IN {
        let theme = Theme::built_in(name, Depth::None, false).unwrap();
        for &role in Role::ALL {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{name} {}", role.name());
        }
        let signs = |role| theme.style(role).add_modifier;
        assert_eq!(signs(Role::Selection), Modifier::REVERSED);
        assert_ne!(signs(Role::SelectionUnfocused), Modifier::empty());
        assert_eq!(theme.ground, None);
        let mut textures: Vec<_> = Phase::ALL.iter().map(|p| theme.texture(*p)).collect();
        textures.sort_unstable();
        textures.dedup();
        // Gateway and presumed share one: the one starts a call, the other has a row of its own.
        assert_eq!(textures.len(), Phase::ALL.len() - 1, "{textures:?}");
    }
}

#[test]
fn dark_and_light_are_what_they_say() {
    for (definition, theme) in themes() {
        let [r, g, b] = definition.ground();
        let dark = spanfall::theme::is_dark([r, g, b]);
        assert_eq!(dark, theme.name != "light", "{}", theme.name);
        assert_ne!(theme.style(Role::Text).fg, Some(Color::Rgb(r, g, b)));
    }
}
