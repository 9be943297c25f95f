/* input.h - a fuzzer's bytes as a file, for readers that want a path. */
#ifndef INPUT_H
#define INPUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Write the bytes and return the file's name; the caller removes it. */
static inline const char *input_file(const uint8_t *bytes, size_t n)
{
    static char path[1024];
    const char *folder = getenv("GAN_TEST_DIR");
    FILE *f;

    snprintf(path, sizeof path, "%s/gan-fuzz-%ld", folder && *folder ? folder : "/tmp",
             (long)getpid());
    f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return path;
}

/* End the program where a fuzzer and a replay both notice. */
static inline void demand(int condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

#endif
