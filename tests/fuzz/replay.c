/* replay.c - runs a fuzz target on every file named and in the directories named, without a
 * fuzzer. */
#include "input.h"

#include <dirent.h>
#include <sys/stat.h>

static size_t n_replayed;
static int n_unreadable;

static void replay_file(const char *path, size_t n)
{
    /* Exactly as large as the file, so that a sanitizer sees an out-of-bounds read. */
    uint8_t *bytes = malloc(n > 0 ? n : 1);
    FILE *f = fopen(path, "rb");

    if (!bytes || !f || fread(bytes, 1, n, f) != n) {
        perror(path);
        n_unreadable++;
    } else {
        LLVMFuzzerTestOneInput(bytes, n);
        n_replayed++;
    }
    if (f) fclose(f);
    free(bytes);
}

static void replay(const char *path)
{
    struct stat info;
    DIR *folder;

    if (stat(path, &info) != 0) {
        perror(path);
        n_unreadable++;
        return;
    }
    if (!S_ISDIR(info.st_mode)) {
        replay_file(path, (size_t)info.st_size);
        return;
    }
    folder = opendir(path);
    for (struct dirent *e; folder && (e = readdir(folder)) != NULL;) {
        char inside[2048];

        if (e->d_name[0] == '.') continue;
        snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
        replay(inside);
    }
    if (folder) closedir(folder);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) replay(argv[i]);
    printf("%zu replayed, %d unreadable\n", n_replayed, n_unreadable);
    return n_replayed > 0 && n_unreadable == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
