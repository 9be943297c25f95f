/* wasm.h - exported C source as WebAssembly, where there is a clang that can make it. */
#ifndef WASM_H
#define WASM_H

#include <gan/network.h>
#include <stddef.h>

/* Compile a network as gan_export_page_desc wants it, by this compiler: bytes, the caller's to free.
 * NULL, and one line about why, where that does not work: the page then computes in JavaScript. */
unsigned char *wasm_compile(size_t *n, gan_network *net, const char *compiler);

#endif
