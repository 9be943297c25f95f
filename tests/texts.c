/* texts.c - text files that are written through the library's file functions. */
#include "texts.h"

#include "expect.h"

#include <string.h>

gan_status commit_text(const char *path, const char *text, size_t n_keep)
{
    gan__file file;
    gan_status status = gan__file_create(&file, path, NULL);

    if (status != GAN_OK) return status;
    status = gan__file_write(&file, text, strlen(text));
    if (status != GAN_OK) {
        gan__file_abandon(&file);
        return status;
    }
    return gan__file_commit(&file, n_keep);
}

void expect_text(const char *path, const char *wanted)
{
    char found[64] = "";

    scratch_read(path, found, sizeof found - 1);
    ck_assert_str_eq(found, wanted);
}

void expect_nothing_held(const gan__file *file)
{
    ck_assert(file->stream == NULL && file->path == NULL && file->temporary == NULL);
}

mode_t mode_of(const char *path)
{
    struct stat info;

    ck_assert_int_eq(stat(path, &info), 0);
    return info.st_mode & 07777;
}
