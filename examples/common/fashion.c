/* fashion.c - see fashion.h. */
#include "fashion.h"

#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char USUAL_PLACE[] = "data/fashion-mnist";

const char *const fashion_garments[FASHION_GARMENTS] = {
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"};

/* Look for a file in a directory, compressed or not.  Return 1 and its path when it is there. */
static int find_file(char *path, size_t capacity, const char *directory, const char *set,
                     const char *rest)
{
    for (int packed = 1; packed >= 0; packed--) {
        int length =
            snprintf(path, capacity, "%s/%s-%s-ubyte%s", directory, set, rest, packed ? ".gz" : "");
        if (length > 0 && (size_t)length < capacity && access(path, F_OK) == 0) return 1;
    }
    return 0;
}

static int take_directory(fashion_source *source, const char *directory)
{
    char path[PATH_MAX];
    if (!find_file(path, sizeof path, directory, "train", "images-idx3")) return 0;
    source->directory = directory;
    return 1;
}

/* The same for a directory that the user named, in which the files must be. */
static int take_named(fashion_source *source, const char *origin, const char *directory)
{
    struct stat info;
    if (take_directory(source, directory)) return 1;
    if (stat(directory, &info) != 0 || !S_ISDIR(info.st_mode))
        cli_say("%s%s: there is no such directory", origin, directory);
    else
        cli_say("%s%s: there is no train-images-idx3-ubyte.gz in it, nor without .gz", origin,
                directory);
    return 0;
}

int fashion_find(fashion_source *source)
{
    const char *named = getenv("GAN_DATA_DIR");
    if (source->directory && source->silhouettes) {
        cli_say("--data and --silhouettes: either the one or the other");
        return 0;
    }
    if (source->silhouettes) return 1;
    if (source->directory) return take_named(source, "--data ", source->directory);
    if (named && *named) return take_named(source, "GAN_DATA_DIR is ", named);
    source->missing = source->silhouettes = !take_directory(source, USUAL_PLACE);
    return 1;
}

int fashion_may_replace(const fashion_source *source, const char *path)
{
    if (!source->missing || !files_exists(path)) return 1;
    cli_say(
        "%s: Fashion-MNIST is not in %s, and silhouettes do not replace what is there: name its "
        "directory with --data, or ask for them with --silhouettes",
        path, USUAL_PLACE);
    return 0;
}

void fashion_warn(const fashion_source *source)
{
    if (source->stand_in)
        cli_say("WARNING: THIS IS NOT FASHION-MNIST, which was not found when the run began.");
    if (source->stand_in)
        cli_say("WARNING: Silhouettes drawn by the library take its place; train in another --out "
                "once it is there.");
    if (!source->missing) return;
    cli_say("WARNING: THIS IS NOT FASHION-MNIST, which is not in %s.", USUAL_PLACE);
    cli_say("WARNING: Silhouettes drawn by the library take its place; scripts/fetch-data "
            "downloads it, --data names its directory.");
}

static int open_files(gan_dataset **out, const char *directory, const fashion_selection *what)
{
    char images[PATH_MAX], labels[PATH_MAX];
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .max_count = what->limit};
    const char *missing = NULL;
    if (!find_file(images, sizeof images, directory, what->set, "images-idx3"))
        missing = "images-idx3";
    else if (what->labels && !find_file(labels, sizeof labels, directory, what->set, "labels-idx1"))
        missing = "labels-idx1";
    if (missing)
        cli_say("%s: there is no %s-%s-ubyte.gz in it, nor without .gz", directory, what->set,
                missing);
    if (missing || !cli_ok(gan_dataset_open_idx(out, images, what->labels ? labels : NULL, &desc)))
        return 0;
    if (!what->quiet) {
        size_t count = gan_dataset_count(*out);
        cli_print("Data: %zu image%s of %s", count, cli_plural(count), images);
    }
    return 1;
}

int fashion_has(const fashion_source *source, const fashion_selection *what)
{
    char path[PATH_MAX];
    return source->silhouettes ||
           (find_file(path, sizeof path, source->directory, what->set, "images-idx3") &&
            (!what->labels ||
             find_file(path, sizeof path, source->directory, what->set, "labels-idx1")));
}

int fashion_open(gan_dataset **out, const fashion_source *source, const fashion_selection *what)
{
    if (!source->silhouettes) return open_files(out, source->directory, what);
    size_t count = what->limit > 0 && what->limit < what->drawn ? what->limit : what->drawn;
    if (!what->quiet)
        cli_print("Data: %zu silhouette%s drawn by the library", count, cli_plural(count));
    return cli_ok(gan_dataset_create_shapes(out, count, what->seed, NULL));
}
