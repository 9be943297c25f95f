#!/bin/sh
# check_imports.sh - the library calls nothing that would print, end the host, or change its signal
# handlers, locale, environment, rounding mode or random numbers.
set -eu
cd "$(dirname "$0")/.."

# The standard streams are data of the C library: naming one is the first step to printing.
forbidden='
    stdin stdout stderr stdinp stdoutp stderrp
    printf vprintf fprintf vfprintf dprintf vdprintf puts putchar perror psignal syslog
    warn warnx err errx
    exit _exit _Exit quick_exit abort assert_fail assert_rtn atexit
    raise kill system popen fork execv execvp
    signal sigaction sigprocmask alarm setitimer
    setlocale uselocale setenv putenv unsetenv chdir umask
    fesetround fesetenv feupdateenv feenableexcept fedisableexcept
    rand srand random srandom rand_r drand48 srand48 lrand48 strtok'

# __printf_chk, __stderrp and printf@GLIBC_2.2 are other spellings.
nm -u "${BUILD:-build}/libgan.a" | awk -v forbidden="$forbidden" '
    BEGIN { n = split(forbidden, names); for (i = 1; i <= n; i++) bad[names[i]] = 1 }
    /:$/ { object = $0; next }
    object == "numeric.o:" && $NF == "fesetenv" { next } # which puts the host'"'"'s back
    {
        name = $NF
        sub(/@.*/, "", name)
        sub(/^__/, "", name)
        sub(/_chk$/, "", name)
        if (name in bad || $NF in bad) { print object " uses " $NF; found = 1 }
    }
    END { exit found }'
