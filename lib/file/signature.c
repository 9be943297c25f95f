/* signature.c - formats that a user may pass by mistake, recognised by their first bytes. */
#include "file/signature_internal.h"

#include <stdio.h>
#include <string.h>

/* One format: `magic` is at `offset`, and, where a container holds several formats, `second` at
 * `second_offset`.  Lengths are stored, as bytes may be zero. */
typedef struct signature {
    const char *name;
    size_t offset;
    const char *magic;
    size_t n;
    size_t second_offset;
    const char *second;
    size_t n_second;
} signature;

#define AT(offset, magic) offset, magic, sizeof(magic) - 1
/* clang-format off */
#define STARTS(name, magic)   {name, AT(0, magic), AT(0, "")}
#define FTYP(name, brand)     {name, AT(4, "ftyp"), AT(8, brand)}
#define RIFF(name, form_type) {name, AT(0, "RIFF"), AT(8, form_type)}
/* clang-format on */

#define ZIP "a zip archive, such as the .pt files of torch.save() and .npz files are"
#define TIFF "a TIFF picture"
#define HEIC "a HEIC picture"
#define PAGE "an HTML page, such as a failed download leaves"

/* The first that matches is returned. */
static const signature signatures[] = {
    STARTS("a PNG picture", "\x89PNG\r\n\x1a\n"),
    STARTS("a JPEG picture", "\xff\xd8\xff"),
    STARTS("a GIF picture", "GIF87a"),
    STARTS("a GIF picture", "GIF89a"),
    RIFF("a WebP picture", "WEBP"),
    {"a BMP picture", AT(0, "BM"), AT(6, "\0\0\0\0")},
    STARTS(TIFF, "II*\0"),
    STARTS(TIFF, "MM\0*"),
    FTYP("an AVIF picture", "avif"),
    FTYP("an AVIF picture", "avis"),
    FTYP(HEIC, "hei"),
    FTYP(HEIC, "hev"),
    FTYP(HEIC, "mif1"),
    FTYP(HEIC, "msf1"),
    STARTS("a JPEG XL picture", "\0\0\0\x0cJXL \r\n\x87\n"),
    STARTS("a JPEG 2000 picture", "\0\0\0\x0cjP  \r\n\x87\n"),
    STARTS("a PDF document", "%PDF-"),
    STARTS(ZIP, "PK\x03\x04"),
    STARTS(ZIP, "PK\x05\x06"),
    STARTS("gzip data", "\x1f\x8b"),
    STARTS("bzip2 data", "BZh"),
    STARTS("xz data", "\xfd"
                      "7zXZ\0"),
    STARTS("zstd data", "\x28\xb5\x2f\xfd"),
    STARTS("a 7z archive", "7z\xbc\xaf\x27\x1c"),
    {"a tar archive", AT(257, "ustar"), AT(0, "")},
    STARTS("a NumPy array", "\x93NUMPY"),
    STARTS("an HDF5 file", "\x89HDF\r\n\x1a\n"),
    STARTS("a Python pickle, such as torch.save() once wrote", "\x80\x02"),
    STARTS("a Python pickle", "\x80\x04\x95"),
    STARTS("a Python pickle", "\x80\x05\x95"),
    {"a safetensors file", AT(8, "{\""), AT(4, "\0\0\0\0")},
    {"an IDX file", AT(0, "\0\0\x08"), AT(4, "\0")},
    STARTS("a Git LFS pointer, not the file itself, which git lfs pull fetches",
           "version https://git-lfs.github.com/spec/"),
};

/* Formats of text, which may begin with white space and are written in capitals or not. */
static const signature texts[] = {
    STARTS(PAGE, "<!doctype html"),
    STARTS(PAGE, "<html"),
    STARTS(PAGE, "<head"),
    STARTS("an SVG picture", "<svg"),
    STARTS("an XML document", "<?xml"),
};

static int stands_at(const char *bytes, size_t n, size_t offset, const char *magic, size_t n_magic)
{
    return offset <= n && n_magic <= n - offset && memcmp(bytes + offset, magic, n_magic) == 0;
}

/* Like strncasecmp() in the C locale, whatever the host's locale. */
static int begins_with_word(const char *bytes, size_t n, const char *word, size_t n_word)
{
    size_t i = 0;

    for (; i < n && i < n_word; i++) {
        const char c =
            bytes[i] >= 'A' && bytes[i] <= 'Z' ? (char)(bytes[i] + ('a' - 'A')) : bytes[i];

        if (c != word[i]) return 0;
    }
    return i == n_word;
}

static size_t skip_space(const char *bytes, size_t n)
{
    size_t i = stands_at(bytes, n, 0, "\xef\xbb\xbf", 3) ? 3 : 0; /* a byte order mark */

    while (i < n && memchr(" \t\r\n", bytes[i], 4)) i++;
    return i;
}

/* Only ASCII, so that no binary file matches. */
static int is_text(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((bytes[i] < ' ' || bytes[i] > '~') && !memchr("\t\r\n\f", bytes[i], 4)) return 0;
    return n > 0;
}

const char *gan__signature_name(const void *bytes, size_t n)
{
    const char *at = bytes;
    const size_t space = skip_space(at, n);

    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const signature *s = &signatures[i];

        if (stands_at(at, n, s->offset, s->magic, s->n) &&
            stands_at(at, n, s->second_offset, s->second, s->n_second))
            return s->name;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (begins_with_word(at + space, n - space, texts[i].magic, texts[i].n))
            return texts[i].name;
    if (n > GAN__SIGNATURE_BYTES) n = GAN__SIGNATURE_BYTES;
    return is_text(at, n) ? "text" : NULL;
}

gan__signature_text gan__signature_text_of(const void *bytes, size_t n)
{
    gan__signature_text out = {""};
    const char *name = gan__signature_name(bytes, n);

    if (name) snprintf(out.text, sizeof out.text, ": it is %s", name);
    return out;
}
