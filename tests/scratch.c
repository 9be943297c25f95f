/* scratch.c - a directory for each test. */
#define _DEFAULT_SOURCE /* mkdtemp() */
#include "scratch.h"

#include "suite.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Every path that was requested, one after the other, null-terminated; the directory first.  No
 * malloc(): it fails in some tests. */
static char texts[1 << 20];
static size_t n_texts;

static const char *parent(void)
{
    const char *directory = getenv("GAN_TEST_DIR");

    return directory && *directory ? directory : "/tmp";
}

/* Threads of a test may request paths concurrently. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *add(const char *directory, const char *name)
{
    char *text = texts + n_texts;
    const size_t room = sizeof texts - n_texts;
    const int length = snprintf(text, room, "%s/%s", directory, name);

    ck_assert_msg(length >= 0 && (size_t)length < room, "the paths of a test fill 1 MiB");
    for (const char *known = texts; known < text; known += strlen(known) + 1)
        if (strcmp(known, text) == 0) return known;
    n_texts += (size_t)length + 1;
    return text;
}

static const char *join(const char *directory, const char *name)
{
    pthread_mutex_lock(&lock);
    const char *path = add(directory, name);
    pthread_mutex_unlock(&lock);
    return path;
}

const char *scratch_directory(void)
{
    pthread_mutex_lock(&lock);
    if (n_texts == 0) {
        add(parent(), "libgan-XXXXXX");
        ck_assert_msg(mkdtemp(texts) != NULL, "no directory can be made in %s", parent());
        ck_assert_int_eq(chmod(texts, 0755), 0); /* some tests change their user */
    }
    pthread_mutex_unlock(&lock);
    return texts;
}

const char *scratch_path(const char *name)
{
    return join(scratch_directory(), name);
}

const char *scratch_kept(const char *name)
{
    scratch_directory();
    return join(parent(), name);
}

void scratch_write(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

size_t scratch_read(const char *path, void *bytes, size_t room)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    ck_assert_ptr_nonnull(f);
    n = fread(bytes, 1, room, f);
    fclose(f);
    return n;
}

/* Call for each entry; return their number, 0 if it isn't a readable directory. */
static size_t for_each_entry(const char *directory, void (*act)(const char *path))
{
    DIR *d = opendir(directory);
    size_t n = 0;

    if (!d) return 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[4096];

        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        n++;
        if (act && snprintf(path, sizeof path, "%s/%s", directory, e->d_name) < (int)sizeof path)
            act(path);
    }
    closedir(d);
    return n;
}

static void remove_tree(const char *path)
{
    if (remove(path) == 0) return;
    for_each_entry(path, remove_tree);
    remove(path);
}

size_t scratch_count(void)
{
    return for_each_entry(scratch_directory(), NULL);
}

size_t scratch_clear(void)
{
    return for_each_entry(scratch_directory(), remove_tree);
}

void scratch_end(void)
{
    if (n_texts > 0) remove_tree(texts);
    n_texts = 0;
}
