# python.sh - the Python that has a module, for checks that need one.  Sourced.
# shellcheck shell=sh

# python_with MODULE - print the first Python that can import it; where none can, say so and fail.  It is looked for, not
# imported, which takes a second for some.
python_with() {
    for candidate in python3 /usr/bin/python3; do
        "$candidate" -c "import importlib.util as u, sys; sys.exit(u.find_spec('$1') is None)" 2>/dev/null &&
            echo "$candidate" && return
    done
    echo "there is no Python with $1" >&2
    return 1
}
