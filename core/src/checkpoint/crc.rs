//! CRC-32, the one of Ethernet, zip and PNG (reflected polynomial `edb88320`).

/// The polynomial's remainders of four bits: 64 bytes of flash instead of 1 KB.
const TABLE: [u32; 16] = {
    let mut table = [0; 16];
    let mut index = 0;
    while index < 16 {
        let mut remainder = index as u32;
        let mut bit = 0;
        while bit < 4 {
            remainder = (remainder >> 1) ^ (0xedb8_8320 & (remainder & 1).wrapping_neg());
            bit += 1;
        }
        table[index] = remainder;
        index += 1;
    }
    table
};

/// The CRC-32 of `bytes`. It differs for any two texts of the same length that differ in one stretch of
/// up to 32 bits, so that no flipped bit is missed.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let shift = |crc: u32| (crc >> 4) ^ TABLE[(crc & 15) as usize];
    !bytes
        .iter()
        .fold(u32::MAX, |crc, &byte| shift(shift(crc ^ u32::from(byte))))
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }
}
