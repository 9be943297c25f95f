/* rundir.c - see rundir.h.
 *
 * Other files in a directory are left alone: every file that a run writes has one of the names
 * below, and no other file is ever removed or replaced. */
#include "rundir.h"

#include "cli.h"
#include "files.h"
#include "losses.h"
#include "runlog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char LOCK[] = ".lock";

static const char *const names[] = {
    RUNDIR_CHECKPOINT, RUNDIR_GENERATOR, RUNDIR_DISCRIMINATOR, LOSSES_CSV,    LOSSES_PNG,
    LOSSES_BEGUN,      RUNDIR_REAL,      RUNDIR_SETTINGS,      RUNLOG_JSON,   RUNLOG_CSV,
    RUNLOG_PAGE,       RUNLOG_EVENTS,    RUNDIR_BEST,          RUNDIR_SAMPLES};
enum { NAMES = sizeof names / sizeof *names };

int rundir_file(const rundir *dir, char path[PATH_MAX], const char *name)
{
    return files_join(path, PATH_MAX, dir->path, name);
}

static int exists(const rundir *dir, const char *name)
{
    char path[PATH_MAX];
    return rundir_file(dir, path, name) && files_exists(path);
}

/* ---- The files of a run ---- */

/* fake_images-001.png, with any number of digits. */
static int is_epoch_picture(const char *name)
{
    static const char begin[] = "fake_images-";
    size_t digits;
    if (strncmp(name, begin, sizeof begin - 1) != 0) return 0;
    name += sizeof begin - 1;
    digits = strspn(name, "0123456789");
    return digits > 0 && strcmp(name + digits, ".png") == 0;
}

static int is_ours(const char *name)
{
    for (size_t i = 0; i < NAMES; i++)
        if (strcmp(name, names[i]) == 0) return 1;
    return is_epoch_picture(name);
}

/* Find a file of a run, the most informative name first. */
static int find_file(const rundir *dir, char *found, size_t capacity)
{
    for (size_t i = 0; i < NAMES; i++)
        if (exists(dir, names[i])) {
            snprintf(found, capacity, "%s", names[i]);
            return 1;
        }
    DIR *list = opendir(dir->path);
    int any = 0;
    for (struct dirent *e; list && !any && (e = readdir(list)) != NULL;)
        if (is_epoch_picture(e->d_name)) any = snprintf(found, capacity, "%s", e->d_name) > 0;
    if (list) closedir(list);
    return any;
}

static int remove_file(DIR *list, const char *name)
{
    return unlinkat(dirfd(list), name, 0) == 0 || errno == ENOENT;
}

/* Remove the files of an earlier run with `all`, else only unfinished files of a killed process.
 * Nothing new is written before all are removed, so that a kill never leaves a mixture; the last
 * one is the settings, which identify the run of the others. */
static int remove_files(const rundir *dir, int all)
{
    DIR *list = opendir(dir->path);
    int good = list != NULL;
    for (struct dirent *e; good && (e = readdir(list)) != NULL;)
        if (files_is_part(e->d_name) ||
            (all && is_ours(e->d_name) && strcmp(e->d_name, RUNDIR_SETTINGS) != 0))
            good = remove_file(list, e->d_name);
    if (all) good = good && remove_file(list, RUNDIR_SETTINGS);
    if (!good) cli_say("%s: its files cannot be removed: %s", dir->path, strerror(errno));
    if (list) closedir(list);
    return good;
}

/* ---- The lock ---- */

/* Lock the directory until this process ends, in whatever way. */
static int take_lock(rundir *dir)
{
    char path[PATH_MAX];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (dir->lock >= 0) return 1;
    if (!rundir_file(dir, path, LOCK)) return 0;
    dir->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0666);
    if (dir->lock < 0) {
        cli_say("%s: no file can be written in it: %s", dir->path, strerror(errno));
        return 0;
    }
    if (fcntl(dir->lock, F_SETLK, &whole) == 0) return 1;
    if (errno != EACCES && errno != EAGAIN) {
        cli_say("%s: this file system has no locks (%s): see that no other run writes to it",
                dir->path, strerror(errno));
        return 1;
    }
    int known = fcntl(dir->lock, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    cli_say("%s: another run is writing to it, process %ld; wait for its end, or choose another "
            "--out",
            dir->path, known ? (long)whole.l_pid : 0);
    rundir_close(dir);
    return 0;
}

/* ---- Checking ---- */

/* Report an existing run, and the options for it. */
static int refuse(const rundir *dir, const char *found)
{
    char fresh[PATH_MAX + 16] = "";
    for (int i = 2; i < 1000; i++) {
        snprintf(fresh, sizeof fresh, "%s-%d", dir->path, i);
        if (!files_exists(fresh)) break;
    }
    cli_say("%s: has an earlier run's %s in it: give --resume to continue that run, --overwrite to "
            "replace its files, or another directory, such as --out %s",
            dir->path, found, fresh);
    return 0;
}

/* Read the settings of the run to resume. */
static int read_settings(rundir *dir)
{
    char path[PATH_MAX];
    const char *why;
    dir->has_checkpoint = exists(dir, RUNDIR_CHECKPOINT);
    if (!dir->occupied || !rundir_file(dir, path, RUNDIR_SETTINGS)) {
        cli_say("%s: there is no run in it to resume", dir->path);
        return 0;
    }
    dir->settings = files_read_text(path, RUNDIR_MOST_SETTINGS, &why);
    if (!dir->settings && (files_exists(path) || !dir->has_checkpoint)) {
        cli_say("%s: %s; without it the run cannot be resumed", path, why);
        return 0;
    }
    if (!dir->settings) cli_say("%s: is not there; the options are taken as they are given", path);
    return 1;
}

/* A run that was ended before its first checkpoint has nothing but settings, and begins. */
static int check_beginning(const rundir *dir)
{
    char path[PATH_MAX];
    if (dir->has_checkpoint || !(exists(dir, LOSSES_CSV) || exists(dir, RUNDIR_GENERATOR)))
        return 1;
    if (rundir_file(dir, path, RUNDIR_CHECKPOINT))
        cli_say("%s: is not there; without it the run can only be begun again, with --overwrite",
                path);
    return 0;
}

int rundir_open(rundir *dir, const char *path, int resume, int overwrite)
{
    struct stat info;
    char found[256] = "";
    *dir = (rundir){.resume = resume, .overwrite = overwrite, .lock = -1};
    if ((size_t)snprintf(dir->path, sizeof dir->path, "%s", path) >= sizeof dir->path) {
        cli_say("%s: the name is too long", path);
        return 0;
    }
    for (size_t n = strlen(dir->path); n > 1 && dir->path[n - 1] == '/';) dir->path[--n] = '\0';
    int there = stat(path, &info) == 0;
    if (there && !S_ISDIR(info.st_mode)) {
        cli_say("%s: is not a directory", path);
        return 0;
    }
    dir->occupied = there && find_file(dir, found, sizeof found);
    if (dir->occupied && !take_lock(dir)) return 0;
    if (resume) return read_settings(dir) && check_beginning(dir);
    return !dir->occupied || overwrite || refuse(dir, found);
}

/* ---- Writing ---- */

int rundir_begin(rundir *dir, const char *settings)
{
    char path[PATH_MAX], found[256];
    if (!files_make_directory(dir->path) || !take_lock(dir)) return 0;
    /* Another process may have begun a run since rundir_open(). */
    if (!dir->resume && !dir->overwrite && find_file(dir, found, sizeof found))
        return refuse(dir, found);
    return remove_files(dir, !dir->resume) && rundir_file(dir, path, RUNDIR_SETTINGS) &&
           files_write_text(path, settings);
}

void rundir_close(rundir *dir)
{
    if (dir->lock >= 0) close(dir->lock);
    dir->lock = -1;
    free(dir->settings);
    dir->settings = NULL;
}
