/* test_signature.c - files of another format are named in messages. */
#include "expect.h"
#include "file/signature_internal.h"

#include <string.h>

/* A file's beginning and what it is called; the rest of the file is not looked at. */
static const struct {
    const char *bytes;
    size_t n;
    const char *name;
} known[] = {
/* clang-format off */
#define BEGIN(bytes, name) {bytes, sizeof(bytes) - 1, name}
    /* clang-format on */
    BEGIN("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG picture"),
    BEGIN("\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture"),
    BEGIN("GIF89a\x10\0\x10\0", "a GIF picture"),
    BEGIN("RIFF\x24\0\0\0WEBPVP8 ", "a WebP picture"),
    BEGIN("BM\x36\0\x30\0\0\0\0\0\x36", "a BMP picture"),
    BEGIN("II*\0\x08\0\0\0", "a TIFF picture"),
    BEGIN("MM\0*\0\0\0\x08", "a TIFF picture"),
    BEGIN("\0\0\0\x1c"
          "ftypheic\0\0\0\0",
          "a HEIC picture"),
    BEGIN("\0\0\0\x1c"
          "ftypmif1\0\0\0\0",
          "a HEIC picture"),
    BEGIN("\0\0\0\x1c"
          "ftypavif\0\0\0\0",
          "an AVIF picture"),
    BEGIN("PK\x03\x04\0\0", "a zip archive"),
    BEGIN("\x1f\x8b\x08\0", "gzip data"),
    BEGIN("\x93NUMPY\x01\0", "a NumPy array"),
    BEGIN("\x80\x02\x8a\nl\xfc\x9c", "a Python pickle"),
    BEGIN("\x40\0\0\0\0\0\0\0{\"a\":{}}", "a safetensors file"),
    BEGIN("\0\0\x08\x03\0\0\xea\x60", "an IDX file"),
    BEGIN("version https://git-lfs.github.com/spec/v1\noid sha256:0", "a Git LFS pointer"),
    BEGIN("\xef\xbb\xbf\n <!DOCTYPE HTML>", "an HTML page"),
    BEGIN("<html lang='en'>", "an HTML page"),
    BEGIN("<?xml version='1.0'?>", "an XML document"),
    BEGIN("404: Not Found\n", "text"),
};

/* Truncated beginnings, containers of other formats, and unknown data. */
static const struct {
    const char *bytes;
    size_t n;
} unknown[] = {
    {"", 0},
    {"\x89PNG\r\n\x1a", 7},
    {"RIFF\x24\0\0\0WAVE", 12},
    {"BM\x36\0\x30\0\1\0\0\0", 10},
    {"\0\0\0\0\0\0\0\0\0", 9},
    {"caf\xc3\xa9", 5},
};

TEST(well_known_formats_are_named)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *name = gan__signature_name(known[i].bytes, known[i].n);

        ck_assert_msg(name && strncmp(name, known[i].name, strlen(known[i].name)) == 0,
                      "\"%s\" expected, found \"%s\"", known[i].name, name ? name : "NULL");
    }
}

TEST(others_have_no_name)
{
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        ck_assert_ptr_null(gan__signature_name(unknown[i].bytes, unknown[i].n));
}

TEST(a_tar_archive_is_known_far_behind_its_begin)
{
    char bytes[GAN__SIGNATURE_BYTES] = "name";

    memcpy(bytes + 257, "ustar", 5);
    ck_assert_str_eq(gan__signature_name(bytes, sizeof bytes), "a tar archive");
}

TEST(a_message_ends_in_what_is_known_or_in_nothing)
{
    ck_assert_str_eq(gan__signature_text_of("\xff\xd8\xff", 3).text, ": it is a JPEG picture");
    ck_assert_str_eq(gan__signature_text_of("\1\2\3", 3).text, "");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const gan__signature_text end = gan__signature_text_of(known[i].bytes, known[i].n);

        ck_assert_str_eq(end.text + strlen(": it is "),
                         gan__signature_name(known[i].bytes, known[i].n));
    }
}
