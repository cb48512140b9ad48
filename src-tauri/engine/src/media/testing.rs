//! Pictures made on the spot for the tests of this folder, good and bad.

#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageEncoder as _, ImageFormat, Rgb, RgbImage, RgbaImage};

/// Pixels that compress badly, the same at each run.
pub fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 0x2545_F491_u32;
    RgbImage::from_fn(width, height, |_, _| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let [r, g, b, _] = state.to_le_bytes();
        Rgb([r, g, b])
    })
}

/// Soft colours, as a photograph has them.
pub fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 255 / width.max(1)) as u8, (y * 255 / height.max(1)) as u8, 120])
    })
}

/// Blue, with one quarter of the picture red: (0, 0) is up left, (1, 1) down right.
pub fn corner_marked(width: u32, height: u32, corner: (u32, u32)) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        if (x * 2 / width, y * 2 / height) == corner { Rgb([250, 10, 10]) } else { Rgb([10, 10, 250]) }
    })
}

pub fn encode_jpeg(pixels: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(pixels).unwrap();
    bytes
}

fn encode_as(pixels: RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encode_jpeg(&gradient(width, height), 90)
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    encode_as(gradient(width, height), ImageFormat::Png)
}

pub fn webp(width: u32, height: u32) -> Vec<u8> {
    encode_as(gradient(width, height), ImageFormat::WebP)
}

pub fn gif(width: u32, height: u32) -> Vec<u8> {
    encode_as(gradient(width, height), ImageFormat::Gif)
}

pub fn encode_png_rgba(pixels: &RgbaImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// What a phone calls `IMG_0001.jpg` when it saves HEIC.
pub fn heic_header() -> Vec<u8> {
    let mut bytes = b"\0\0\0\x24ftypheic\0\0\0\0mif1MiPrmiafMiHBheic".to_vec();
    bytes.extend_from_slice(&[0; 64]);
    bytes
}

/// Puts an EXIF segment into a JPEG: the orientation, a position (latitude
/// 45° 23′ 42.42″ N), and a thumbnail with an end-of-image marker of its own.
pub fn add_exif(jpeg: &[u8], orientation: u16) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    let entry = |tiff: &mut Vec<u8>, tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        tiff.extend_from_slice(&tag.to_be_bytes());
        tiff.extend_from_slice(&kind.to_be_bytes());
        tiff.extend_from_slice(&count.to_be_bytes());
        tiff.extend_from_slice(&value);
    };
    let [high, low] = orientation.to_be_bytes();
    // Offsets: main directory 8..38, position directory 38..68, rationals 68..92.
    tiff.extend_from_slice(&2_u16.to_be_bytes());
    entry(&mut tiff, 0x0112, 3, 1, [high, low, 0, 0]);
    entry(&mut tiff, 0x8825, 4, 1, 38_u32.to_be_bytes());
    tiff.extend_from_slice(&0_u32.to_be_bytes());
    tiff.extend_from_slice(&2_u16.to_be_bytes());
    entry(&mut tiff, 0x0001, 2, 2, *b"N\0\0\0");
    entry(&mut tiff, 0x0002, 5, 3, 68_u32.to_be_bytes());
    tiff.extend_from_slice(&0_u32.to_be_bytes());
    for number in [45_u32, 1, 23, 1, 4242, 100] {
        tiff.extend_from_slice(&number.to_be_bytes());
    }
    tiff.extend_from_slice(&[0xFF, 0xD8, 0xFF, 0xD9]);

    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1];
    bytes.extend_from_slice(&(tiff.len() as u16 + 8).to_be_bytes());
    bytes.extend_from_slice(b"Exif\0\0");
    bytes.extend_from_slice(&tiff);
    bytes.extend_from_slice(&jpeg[2..]);
    bytes
}

fn png_chunk(bytes: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let mut body = kind.to_vec();
    body.extend_from_slice(data);
    let mut crc = !0_u32;
    for byte in &body {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & 0_u32.wrapping_sub(crc & 1));
        }
    }
    bytes.extend_from_slice(&(data.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&body);
    bytes.extend_from_slice(&(!crc).to_be_bytes());
}

/// A PNG that announces its size and has next to no pixels.
pub fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut header = width.to_be_bytes().to_vec();
    header.extend_from_slice(&height.to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    png_chunk(&mut bytes, *b"IHDR", &header);
    png_chunk(&mut bytes, *b"IDAT", &[0x78, 0x9C, 0x03, 0x00]);
    png_chunk(&mut bytes, *b"IEND", &[]);
    bytes
}

/// A whole and valid PNG of 10 000 × 10 000 black pixels.
pub fn black_png_bomb() -> Vec<u8> {
    encode_as_luma(&image::GrayImage::new(10_000, 10_000))
}

fn encode_as_luma(pixels: &image::GrayImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(pixels.as_raw(), pixels.width(), pixels.height(), image::ExtendedColorType::L8)
        .unwrap();
    bytes
}
