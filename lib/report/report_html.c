/* report_html.c - texts, numbers and pictures in HTML; the style of pages. */
#include "report/report_internal.h"

#include "base/alloc_internal.h"
#include "file/number_internal.h"

#include <math.h>
#include <string.h>

/* ---- Texts ---- */

/* The HTML entity of a character; "" if it is written as it is. */
static const char *quoted(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\n':
    case '\t': return "";
    default: return (unsigned char)c < ' ' || c == 0x7f ? "\xef\xbf\xbd" : "";
    }
}

/* U+FFFE and U+FFFF are not characters in XML: their three bytes. */
static int is_no_character(const char *at)
{
    return strncmp(at, "\xef\xbf\xbe", 3) == 0 || strncmp(at, "\xef\xbf\xbf", 3) == 0;
}

void gan__report_put_text(gan__text *out, const char *text)
{
    for (; *text; text++) {
        const char *instead = quoted(*text);

        if (is_no_character(text)) {
            gan__text_put(out, "?");
            text += 2;
        } else if (*instead)
            gan__text_put(out, "%s", instead);
        else
            gan__text_put_bytes(out, text, 1);
    }
}

void gan__report_put_number(gan__text *out, double value)
{
    char text[GAN__NUMBER_BYTES] = "not a number";

    if (isinf(value)) memcpy(text, value > 0 ? "infinite\0" : "-infinite", 10);
    if (isfinite(value)) gan__number_print(text, value, fabs(value) >= 1000 ? 6 : 4);
    gan__text_put(out, "%s", text);
}

void gan__report_put_time(gan__text *out, double seconds)
{
    const unsigned long long s = seconds > 0 && seconds < 1e12 ? (unsigned long long)seconds : 0;

    if (s >= 3600)
        gan__text_put(out, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
    else
        gan__text_put(out, "%llu:%02llu", s / 60, s % 60);
}

/* ---- Pictures ---- */

static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4648. */
static void put_base64(gan__text *out, const char *bytes, size_t n)
{
    const unsigned char *b = (const unsigned char *)bytes;

    for (size_t i = 0; i < n; i += 3) {
        const size_t left = n - i;
        const unsigned triple = (unsigned)b[i] << 16 | (left > 1 ? (unsigned)b[i + 1] << 8 : 0) |
                                (left > 2 ? b[i + 2] : 0);
        const char four[4] = {LETTERS[triple >> 18], LETTERS[triple >> 12 & 63],
                              left > 1 ? LETTERS[triple >> 6 & 63] : '=',
                              left > 2 ? LETTERS[triple & 63] : '='};

        gan__text_put_bytes(out, four, 4);
    }
}

size_t gan__report_image_bytes(size_t png_bytes)
{
    return gan__size_add(gan__size_mul(gan__size_add(png_bytes, 2) / 3, 4), 1000);
}

void gan__report_put_image(gan__text *out, const gan__text *png, const char *text, size_t width,
                           size_t height)
{
    gan__text_put(out, "<img width=\"%zu\" height=\"%zu\" alt=\"", width, height);
    gan__report_put_text(out, text);
    gan__text_put(out, "\" src=\"data:image/png;base64,");
    put_base64(out, png->bytes, png->used);
    gan__text_put(out, "\"/>");
}

/* ---- The frame of a page ---- */

/* Colours that colour-blind people can tell apart (Okabe and Ito), on light and on dark background
 * with a contrast of at least 3. */
static const char STYLE[] =
    ":root{color-scheme:light "
    "dark;--bg:#fff;--fg:#1b1b1b;--soft:#666;--line:#d8d8d8;--card:#f6f6f6;"
    "--c0:#0072b2;--c1:#c05a00;--c2:#00795a;--c3:#a8457f;--c4:#7a6a00;--c5:#2f7fb0;--c6:#555;"
    "--c7:#8b3a00}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#16181a;--fg:#e8e8e8;--soft:#a0a0a0;"
    "--line:#3a3d40;--card:#202326;--c0:#56b4e9;--c1:#f0a030;--c2:#2fc59a;--c3:#e08cc0;"
    "--c4:#e6d84a;--c5:#9ad0f5;--c6:#bbb;--c7:#e58a5a}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.45 system-ui,sans-serif}\n"
    "main{max-width:1100px;margin:0 auto;padding:16px}\n"
    "h1{font-size:1.5rem;margin:.2em 0}h2{font-size:1.15rem;margin:1.6em 0 .5em}\n"
    "h1,h2,p,figcaption,td,th,code{overflow-wrap:anywhere}\n"
    ".card{background:var(--card);border-left:6px solid var(--soft);padding:10px 14px;"
    "border-radius:4px}\n"
    ".card.good{border-color:var(--c2)}.card.bad{border-color:var(--c1)}\n"
    ".card p{margin:.3em 0}.verdict{font-weight:600;font-size:1.1rem}\n"
    ".soft{color:var(--soft)}\n"
    ".charts{display:grid;gap:18px;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),"
    "1fr))}\n"
    ".charts h3{font-size:1rem;margin:0 0 2px}\n"
    "figure{margin:0}figure svg{width:100%;height:auto;display:block}\n"
    "figcaption,.legend{font-size:.875rem;color:var(--soft)}\n"
    ".legend span{margin-right:1em;white-space:nowrap}.legend i{display:inline-block;width:20px;"
    "border-top:3px solid;vertical-align:middle;margin-right:5px}\n"
    "svg text{fill:var(--soft);font:110px system-ui,sans-serif}\n"
    "svg .g{stroke:var(--line);stroke-width:10;fill:none}\n"
    "svg .l{fill:none;stroke-width:22;stroke-linejoin:round;stroke-linecap:round}"
    "svg .d{stroke-dasharray:60 60}svg .b{opacity:.18}\n";

static const char STYLE_OF_THE_REST[] =
    ".strip{display:flex;gap:10px;overflow-x:auto;padding-bottom:6px}.strip figure{flex:none;"
    "width:min(46%,230px)}\n"
    "img{max-width:100%;height:auto;image-rendering:pixelated;background:#000}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.875rem;"
    "font-variant-numeric:tabular-nums}\n"
    "th,td{padding:3px 10px 3px 0;text-align:right;border-bottom:1px solid var(--line);"
    "vertical-align:top}th:first-child,td:first-child,.left td,.left th{text-align:left}\n"
    ".wide td,.wide th{overflow-wrap:normal}\n"
    ".bar{display:inline-block;height:.8em;background:var(--c0);min-width:1px}\n"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--card);padding:10px;"
    "border-radius:4px}\n"
    "@media print{.strip{flex-wrap:wrap}}\n";

void gan__report_put_head(gan__text *out, const char *title)
{
    gan__text_put(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                       "img-src data:; style-src 'unsafe-inline'\"/>\n<title>");
    gan__report_put_text(out, title);
    gan__text_put(out, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<main>\n<h1><bdi>", STYLE,
                  STYLE_OF_THE_REST);
    gan__report_put_text(out, title);
    gan__text_put(out, "</bdi></h1>\n");
}

void gan__report_put_tail(gan__text *out)
{
    gan__text_put(out, "</main>\n</body>\n</html>\n");
}
