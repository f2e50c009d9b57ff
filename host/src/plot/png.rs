//! From SVG to PNG, with the bundled font and no other.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::error::{Error, Result};

/// Open Sans; see `assets/README.md`.
const FONT: &[u8] = include_bytes!("../../assets/OpenSans-Regular.ttf");

/// PNG pixels per SVG pixel: sharp on dense screens and in print.
const SCALE: f32 = 2.0;

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(FONT.to_vec());
    fonts.set_sans_serif_family("Open Sans");
    Arc::new(fonts)
});

/// Renders an SVG.
pub(super) fn render(svg: &str) -> Result<Vec<u8>> {
    let options = Options {
        font_family: "Open Sans".to_owned(),
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let failed = |what: &str| Error::Failed(format!("a plot could not be drawn as PNG: {what}"));
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(&error.to_string()))?;
    let size = tree
        .size()
        .to_int_size()
        .scale_by(SCALE)
        .ok_or_else(|| failed("it has no size"))?;
    let mut pixels = Pixmap::new(size.width(), size.height())
        .ok_or_else(|| failed("it is too large for memory"))?;
    resvg::render(
        &tree,
        Transform::from_scale(SCALE, SCALE),
        &mut pixels.as_mut(),
    );
    pixels
        .encode_png()
        .map_err(|error| failed(&error.to_string()))
}
