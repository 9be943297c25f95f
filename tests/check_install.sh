#!/bin/sh
# check_install.sh - with the files of `make install`, pkg-config is enough to build programs in C and C++, shared and
# static, also below a prefix with spaces; `make uninstall` removes all of them.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
mkdir -p "${GAN_TEST_DIR:=$build/check/check_install.d}"
work=$(cd "$GAN_TEST_DIR" && pwd)

fail() {
    echo "check_install: $*" >&2
    exit 1
}

# The folders are the defaults, whatever those are of the make that runs this.
# shellcheck disable=SC2016  # $(PREFIX) is for make to expand
run_make() {
    "${MAKE:-make}" BUILD="$build" DESTDIR= PREFIX=/usr/local 'LIBDIR=$(PREFIX)/lib' \
        'INCLUDEDIR=$(PREFIX)/include' 'PKGCONFIGDIR=$(LIBDIR)/pkgconfig' \
        'EXAMPLESDIR=$(PREFIX)/share/libgan/examples' "$@" >"$work/make.log" 2>&1 || {
        cat "$work/make.log"
        fail "make $* failed"
    }
}

version=$(sed -nE 's/^#define GAN_VERSION_(MAJOR|MINOR|PATCH) +([0-9]+).*/\2/p' \
    include/gan/version.h | paste -s -d . -)
if [ "$(uname -s)" = Darwin ]; then
    shared="libgan.$version.dylib libgan.dylib"
    library_path=DYLD_LIBRARY_PATH
else
    shared="libgan.so.$version libgan.so"
    library_path=LD_LIBRARY_PATH
fi

# --- Where things go, and that nothing stays ------------------------------------------------------

# staged LIBDIR INCLUDEDIR LIBDIR-IN-PC SETTING... - install below a DESTDIR, look, uninstall.
staged() {
    libdir=$1 includedir=$2 libdir_in_pc=$3
    shift 3
    stage=$work/stage
    rm -rf "$stage"
    run_make install DESTDIR="$stage" "$@"

    for header in include/gan/*.h; do
        cmp -s "$header" "$stage$includedir/gan/${header##*/}" || fail "$* did not install $header"
    done
    for name in libgan.a $shared; do
        [ -f "$stage$libdir/$name" ] || fail "$* did not install $libdir/$name"
    done
    grep -q "^libdir=$libdir_in_pc\$" "$stage$libdir/pkgconfig/libgan.pc" ||
        fail "$* should give libdir=$libdir_in_pc in libgan.pc"
    ! grep -q "$stage" "$stage$libdir/pkgconfig/libgan.pc" || fail "libgan.pc names DESTDIR"
    for command in train sample interpolate evaluate report export convert; do
        name=gan-$command
        [ "$(find -L "$stage" -name "$name" -perm -555 -path "*/bin/*" 2>/dev/null)" ] || fail "$* did not install $name"
        grep -qx "complete -F _longopt $name" "$(find "$stage" -name "$name" -path "*/bash-completion/*")" ||
            fail "$* should complete $name in bash"
        head -n 1 "$(find "$stage" -name _gan)" | grep -q "^#compdef .*$name" || fail "$* should complete $name in zsh"
    done
    [ -z "$(find "$stage" -type f ! -perm -444)" ] || fail "$* installed files not all can read"

    run_make uninstall DESTDIR="$stage" "$@"
    left=$(find "$stage" ! -type d -o -name '*gan*')
    [ -z "$left" ] || fail "make uninstall left $left"
}

# shellcheck disable=SC2016  # ${prefix} is for pkg-config to expand
{
    staged /usr/local/lib /usr/local/include '${prefix}/lib'
    staged /opt/local/lib /opt/local/include '${prefix}/lib' PREFIX=/opt/local
    staged /usr/lib/x86_64-linux-gnu /usr/include '${prefix}/lib/x86_64-linux-gnu' \
        PREFIX=/usr LIBDIR=/usr/lib/x86_64-linux-gnu
    staged /srv/lib /srv/headers '/srv/lib' LIBDIR=/srv/lib INCLUDEDIR=/srv/headers
    staged '/opt/a prefix/lib' '/opt/a prefix/include' '${prefix}/lib' PREFIX='/opt/a prefix'
}

# --- Programs built with it -----------------------------------------------------------------------

prefix="$work/a prefix"
rm -rf "$prefix" "$prefix-static"
run_make install PREFIX="$prefix"
# Without the shared library -lgan means the static one.
cp -R "$prefix" "$prefix-static"
rm "$prefix-static"/lib/libgan*.so* 2>/dev/null || rm "$prefix-static"/lib/libgan*.dylib
sed "s|^prefix=.*|prefix=$prefix-static|" "$prefix/lib/pkgconfig/libgan.pc" \
    >"$prefix-static/lib/pkgconfig/libgan.pc"

pkg_config() {
    PKG_CONFIG_PATH=$pc_folder:${PKG_CONFIG_PATH:-} ${PKG_CONFIG:-pkg-config} "$@" libgan
}

linked=
# host SOURCE NAME PKG-CONFIG-OPTION... - build a program of tests/install, linked as $linked says, and run it.
host() {
    source=tests/install/$1 program=$work/$2
    shift 2
    case $source in
    *.cpp) compiler="${CXX:-c++} -std=c++11" ;;
    *) compiler="${CC:-cc} -std=c11" ;;
    esac
    flags=$(pkg_config --cflags "$@" --libs)
    # pkg-config writes for a shell: a space that belongs to a path has a backslash before it.
    eval "$compiler -Wall -Wextra -Wpedantic -Werror \"\$source\" -o \"\$program\" $flags $linked" ||
        fail "$source does not build with: $flags $linked"
    said=$(env "$library_path=$prefix/lib" "$program") || fail "${program##*/} does not run"
    [ "$said" = "$version" ] || fail "${program##*/} says version '$said', version.h has '$version'"
    echo "${program##*/}: built with $flags"
}

pc_folder=$prefix/lib/pkgconfig
[ "$(pkg_config --modversion)" = "$version" ] || fail "libgan.pc has another version than version.h"
case $(pkg_config --libs) in
*blas* | *png*) fail "a program that links the shared library should need nothing else" ;;
esac
host host.c c-shared
host host.cpp cpp-shared

# The README's command that stores the library's directory in the program, as printed, and $ORIGIN.
if [ "$(uname -s)" != Darwin ]; then
    plain=$(cd "$work" && pwd)/plain # without a space
    rm -rf "$plain"
    cp -R "$prefix" "$plain"
    sed "s|^prefix=.*|prefix=$plain|" "$prefix/lib/pkgconfig/libgan.pc" >"$plain/lib/pkgconfig/libgan.pc"
    cp tests/install/host.c "$plain/bin"
    command=$(sed -n 's/^    cc \(host\.c .*-Wl,-rpath,.*\)/\1/p' README.md)
    [ "$command" ] || fail "README.md has no command with -Wl,-rpath"
    # found WHAT - the program in $plain/bin finds that library by what is stored in it.
    found() {
        said=$(cd "$plain/bin" && env -u LD_LIBRARY_PATH ./host) || fail "a program with $1 does not run"
        [ "$said" = "$version" ] || fail "a program with $1 says version '$said'"
        (cd "$plain/bin" && env -u LD_LIBRARY_PATH ldd ./host) | grep -q "plain/.*libgan" ||
            fail "a program with $1 runs with another libgan"
    }
    (cd "$plain/bin" && PKG_CONFIG_PATH=$plain/lib/pkgconfig && export PKG_CONFIG_PATH && eval "${CC:-cc} $command") ||
        fail "README.md: this does not build: cc $command"
    found "the README's rpath"
    # shellcheck disable=SC2016  # $ORIGIN is for the dynamic linker
    (cd "$plain/bin" && ${CC:-cc} host.c -o host -I../include -L../lib -lgan '-Wl,-rpath,$ORIGIN/../lib') ||
        fail "a program with \$ORIGIN does not build"
    found "\$ORIGIN/../lib"
fi

pc_folder=$prefix-static/lib/pkgconfig
host host.c c-static --static
host host.cpp cpp-static --static
# A program that needs no library where it runs, if this system has all of them as archives.
everything=$(pkg_config --static --libs | tr ' ' '\n' | grep '^-[lL]' | grep -v gan | tr '\n' ' ')
if echo 'int main(void) { return 0; }' |
    eval "${CC:-cc} -static -x c - -o \"\$work/archives\" $everything" 2>/dev/null; then
    linked=-static
    host host.c c-wholly-static --static
    linked=
fi

case $build in /*) pc_folder=$build ;; *) pc_folder=$(pwd)/$build ;; esac
host host.c c-uninstalled
env "$library_path=$build" "$work/c-uninstalled" >/dev/null || fail "c-uninstalled does not run"

# --- With CMake, where it is -----------------------------------------------------------------------

if command -v cmake >/dev/null; then
    mkdir -p "$work/cmake"
    cp tests/install/host.c tests/install/CMakeLists.txt "$work/cmake"
    for place in "$prefix" "$prefix-static"; do
        rm -rf "$work/cmake/build"
        cmake -S "$work/cmake" -B "$work/cmake/build" -DWANTED="${version%.*}" -DCMAKE_PREFIX_PATH="$place" >"$work/cmake.log" 2>&1 &&
            cmake --build "$work/cmake/build" >>"$work/cmake.log" 2>&1 || { cat "$work/cmake.log"; fail "no program by CMake from $place"; }
        said=$("$work/cmake/build/host") || fail "the program that CMake built does not run"
        [ "$said" = "$version" ] || fail "the program that CMake built says '$said'"
    done
    rm -rf "$work/cmake/build"
    ! cmake -S "$work/cmake" -B "$work/cmake/build" -DWANTED=0.2 -DCMAKE_PREFIX_PATH="$prefix" >"$work/cmake.log" 2>&1 ||
        fail "CMake should miss libgan 0.2"
else
    echo "no cmake here: its package is not tried"
fi

# --- With Meson, where it is -----------------------------------------------------------------------

if command -v meson >/dev/null; then
    mkdir -p "$work/meson"
    cp tests/install/host.c tests/install/meson.build "$work/meson"
    for place in "$prefix" "$prefix-static"; do
        rm -rf "$work/meson/build"
        PKG_CONFIG_PATH=$place/lib/pkgconfig meson setup -Dprefer_static=true "$work/meson/build" "$work/meson" >"$work/meson.log" 2>&1 &&
            ninja -C "$work/meson/build" >>"$work/meson.log" 2>&1 || { cat "$work/meson.log"; fail "no program by Meson from $place"; }
        said=$("$work/meson/build/host") || fail "the program that Meson built does not run"
        [ "$said" = "$version" ] || fail "the program that Meson built says '$said'"
    done
else
    echo "no meson here: it is not tried"
fi

# --- The installed commands: they say their own names, and need nothing of the sources ------------

"$prefix/bin/gan-sample" --help >"$work/help" || fail "gan-sample --help fails"
grep -q '^Usage: gan-sample ' "$work/help" && grep -q '^  gan-sample --count' "$work/help" ||
    { cat "$work/help"; fail "gan-sample should call itself so"; }
status=0
"$prefix/bin/gan-sample" --model nowhere.safetensors 2>"$work/said" || status=$?
[ $status -eq 1 ] && grep -q '^gan-sample: nowhere.safetensors: ' "$work/said" || { cat "$work/said"; fail "gan-sample should miss nowhere.safetensors"; }
if command -v python3 >/dev/null; then
    "$prefix/bin/gan-convert" --help >/dev/null || fail "gan-convert --help fails"
    PYTHONPATH="$(dirname "$(readlink -f "$prefix/bin/gan-convert")")" python3 -c 'import torch_module' || fail "gan-convert has no torch_module.py beside it"
fi

# --- The installed examples -----------------------------------------------------------------------

pc_folder=$prefix/lib/pkgconfig
mkdir -p "$work/examples"
PKG_CONFIG_PATH=$pc_folder:${PKG_CONFIG_PATH:-}
export PKG_CONFIG_PATH
run_make -C "$work/examples" -f "$prefix/share/libgan/examples/Makefile" CFLAGS=-O0
for example in "$build"/examples/*; do
    [ -x "$work/examples/${example##*/}" ] || fail "examples/Makefile did not build ${example##*/}"
done

# Whoever only builds needs no Check: what `make` does alone compiles no test.
"${MAKE:-make}" -n BUILD="$work/fresh" all >"$work/plan" 2>&1 || fail "make -n all fails"
! grep -q 'the tests need Check' "$work/plan" || fail "make all would ask for Check"
