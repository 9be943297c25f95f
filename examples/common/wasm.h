/* wasm.h - compiling exported C source to WebAssembly, if clang is installed and can do it. */
#ifndef WASM_H
#define WASM_H

#include <gan/network.h>
#include <stddef.h>

/* Compile a network with this compiler, for gan_export_page_desc: bytes, the caller's to free.
 * NULL, and one line about why, when that fails: the page then computes in JavaScript. */
unsigned char *wasm_compile(size_t *n, gan_network *net, const char *compiler);

#endif
