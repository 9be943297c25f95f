/* wasm.c - see wasm.h. */
#include "wasm.h"

#include "cli.h"
#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Headers that clang lacks for a target without an operating system. */
static const char *const headers[][2] = {
    {"string.h", "void *memcpy(void *, const void *, __SIZE_TYPE__);\n"},
    {"math.h", "float sqrtf(float);\n"},
};
enum { N_HEADERS = sizeof headers / sizeof *headers };

static const char *const made[] = {"generator.h",    "generator.c", "generator_weights.bin",
                                   "generator.wasm", "string.h",    "math.h"};

static int write_header(const char *directory, const char *name, const char *text)
{
    char path[PATH_MAX];
    if (!files_join(path, sizeof path, directory, name)) return 0;
    FILE *out = fopen(path, "w");
    if (!out) return 0;
    int good = fputs(text, out) >= 0;
    return fclose(out) == 0 && good;
}

/* In the child: become the compiler, without its messages. */
static void become_compiler(const char *directory, const char *compiler)
{
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    if (chdir(directory) == 0)
        execlp(compiler, compiler, "--target=wasm32", "-O3", "-msimd128", "-mbulk-memory",
               "-fno-math-errno", "-nostdlib", "-I.", "-Wl,--no-entry", "-Wl,--strip-all",
               "-Wl,--export=generator_run", "-Wl,--export=__heap_base", "-o", "generator.wasm",
               "generator.c", (char *)NULL);
    _exit(127);
}

static int compile(const char *directory, const char *compiler)
{
    int status;
    pid_t child = fork();
    if (child == 0) become_compiler(directory, compiler);
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static unsigned char *read_bytes(size_t *n, const char *directory)
{
    enum { MOST = 1 << 20 }; /* code without weights has some thousand bytes */
    char path[PATH_MAX];
    if (!files_join(path, sizeof path, directory, "generator.wasm")) return NULL;
    FILE *in = fopen(path, "rb");
    if (!in) return NULL;
    unsigned char *bytes = cli_memory(MOST, 1);
    *n = fread(bytes, 1, MOST, in);
    fclose(in);
    if (*n > 0 && *n < MOST) return bytes;
    free(bytes);
    return NULL;
}

static void remove_all(const char *directory)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (files_join(path, sizeof path, directory, made[i])) remove(path);
    rmdir(directory);
}

unsigned char *wasm_compile(size_t *n, gan_network *net, const char *compiler)
{
    char directory[PATH_MAX];
    const char *tmp = getenv("TMPDIR");
    unsigned char *bytes = NULL;
    snprintf(directory, sizeof directory, "%.4000s/libgan-wasm-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(directory)) {
        cli_say("warning: %s: no directory there: the page computes in JavaScript", directory);
        return NULL;
    }
    int good =
        gan_export_c(net, directory,
                     &(gan_export_c_desc){GAN_EXPORT_C_DESC_INIT, .weights_apart = 1}) == GAN_OK;
    for (size_t i = 0; i < N_HEADERS && good; i++)
        good = write_header(directory, headers[i][0], headers[i][1]);
    if (good && compile(directory, compiler)) bytes = read_bytes(n, directory);
    if (!bytes)
        cli_say(
            "note: %s does not make WebAssembly here (it takes clang and lld): the page computes "
            "in JavaScript, which is slower",
            compiler);
    remove_all(directory);
    return bytes;
}
