/* ranks.c - see ranks.h. */
#include "ranks.h"

#include "cli.h"
#include "files.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_RANKS = 1024 };

#define TEXT_OF(x) #x
#define LIBRARY_OF(major, minor) "libgan_mpi.so." TEXT_OF(major) "." TEXT_OF(minor)

typedef gan_status world_fn(gan_communicator *out);
typedef void end_fn(gan_communicator *communicator);

static struct {
    gan_communicator communicator;
    end_fn *end; /* NULL: alone */
    char directory[PATH_MAX];
} ranks = {{GAN_COMMUNICATOR_INIT, .size = 1}, NULL, ""};

/* Environment variables of Open MPI, MPICH and its derivatives, and Slurm with either interface. */
static int started_by_mpi(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i])) return 1;
    return 0;
}

int ranks_begin(void)
{
    const char *name = LIBRARY_OF(GAN_VERSION_MAJOR, GAN_VERSION_MINOR);
    world_fn *world;
    void *library, *found;
    gan_status status;

    if (!started_by_mpi() || ranks.end) return 1;
    library = dlopen(name, RTLD_NOW | RTLD_GLOBAL); /* plugins of MPI look for its symbols */
    if (!library) {
        cli_say("started by mpirun, but %s; it is made where make finds an MPI", dlerror());
        return 0;
    }
    found = dlsym(library, "gan_mpi_world");
    memcpy(&world, &found, sizeof world);
    found = dlsym(library, "gan_mpi_communicator_end");
    memcpy(&ranks.end, &found, sizeof ranks.end);
    if (!world || !ranks.end) {
        ranks.end = NULL;
        cli_say("started by mpirun, but %s is not libgan's", name);
        return 0;
    }
    status = world(&ranks.communicator);
    if (status == GAN_OK) return 1;
    ranks.end = NULL;
    cli_say("MPI does not start: %s", gan_status_text(status));
    return 0;
}

/* It contains only files that were copied or written, and no directory. */
static void remove_directory(void)
{
    char path[PATH_MAX + NAME_MAX + 2];
    DIR *folder = *ranks.directory ? opendir(ranks.directory) : NULL;

    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        snprintf(path, sizeof path, "%s/%s", ranks.directory, entry->d_name);
        if (*entry->d_name != '.' || strlen(entry->d_name) > 2) unlink(path);
    }
    if (folder) closedir(folder);
    if (*ranks.directory) rmdir(ranks.directory);
    *ranks.directory = '\0';
}

void ranks_end(int failed)
{
    remove_directory();
    if (ranks.end && !failed) ranks.end(&ranks.communicator);
    ranks.end = NULL;
}

const gan_communicator *ranks_communicator(void)
{
    return ranks.end ? &ranks.communicator : NULL;
}

size_t ranks_rank(void)
{
    return ranks.communicator.rank;
}

size_t ranks_size(void)
{
    return ranks.communicator.size;
}

int ranks_most(int number)
{
    const gan_communicator *c = &ranks.communicator;
    int all[MOST_RANKS];

    if (c->size == 1) return number;
    if (c->size > MOST_RANKS || c->all_gather(c->user, &number, all, sizeof number) != GAN_OK)
        return number; /* the next step reports the error */
    for (size_t i = 0; i < c->size; i++)
        if (all[i] > number) number = all[i];
    return number;
}

/* ---- The directory of another rank ---- */

static int copy_file(const char *from, const char *to)
{
    char bytes[1 << 14];
    size_t n;
    FILE *in = fopen(from, "rb"), *out = in ? fopen(to, "wb") : NULL;
    int good = in && out;

    while (good && (n = fread(bytes, 1, sizeof bytes, in)) > 0)
        good = fwrite(bytes, 1, n, out) == n;
    if (in) fclose(in);
    if (out) good = fclose(out) == 0 && good;
    return good;
}

static int copy_files(const char *directory)
{
    char from[2 * PATH_MAX], to[2 * PATH_MAX];
    DIR *folder = opendir(directory);
    int good = 1;

    for (struct dirent *entry; good && folder && (entry = readdir(folder));) {
        struct stat kind;

        snprintf(from, sizeof from, "%s/%s", directory, entry->d_name);
        snprintf(to, sizeof to, "%s/%s", ranks.directory, entry->d_name);
        if (*entry->d_name == '.' || stat(from, &kind) != 0 || !S_ISREG(kind.st_mode)) continue;
        good = copy_file(from, to);
        if (!good) cli_say("rank %zu: cannot copy %s to %s", ranks_rank(), from, to);
    }
    if (folder) closedir(folder);
    return good;
}

const char *ranks_directory(const char *directory, int copy)
{
    const char *temporary = getenv("TMPDIR");
    int good = 1;

    if (ranks_rank() > 0 && !*ranks.directory) {
        snprintf(ranks.directory, sizeof ranks.directory, "%s/libgan-rank-XXXXXX",
                 temporary && *temporary ? temporary : "/tmp");
        if (!mkdtemp(ranks.directory)) {
            cli_say("rank %zu: cannot make a directory %s", ranks_rank(), ranks.directory);
            *ranks.directory = '\0';
            return NULL;
        }
        if (copy) good = copy_files(directory);
    }
    (void)ranks_most(0); /* the first rank changes nothing before that */
    if (!good) return NULL;
    return ranks_rank() > 0 ? ranks.directory : directory;
}
