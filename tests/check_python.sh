#!/bin/sh
# check_python.sh - bindings/python/libgan.py has the declarations of the headers and C's struct layout, trains with the
# bits of the C program and raises every status. Skipped without python3 and NumPy, and with sanitizers.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
build=$(cd "${BUILD:-build}" && pwd)
mkdir -p "${GAN_TEST_DIR:=$build/check/check_python.d}"
work=$(cd "$GAN_TEST_DIR" && pwd)
export GAN_NUM_THREADS=2 PYTHONPATH="$root/bindings/python" PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH="$build" DYLD_LIBRARY_PATH="$build"

fail() {
    echo "check_python: $*" >&2
    exit 1
}

. "$root/tests/python.sh"
python=$(python_with numpy) || { echo "skipped: no python3 with NumPy"; exit 77; }
[ -z "${SAN:-}" ] || { echo "skipped: Python isn't built with a sanitizer"; exit 77; }
GAN_LIBRARY=$(find "$build" -maxdepth 1 -name 'libgan.so' -o -maxdepth 1 -name 'libgan.dylib' | head -n 1)
export GAN_LIBRARY
cd "$work"
rm -rf ./*

# --- What it declares ------------------------------------------------------------------------------

"$python" "$root/scripts/python-declarations" --check || fail "run scripts/python-declarations"
mkdir -p copy/bindings copy/include
cp -R "$root/include/gan" copy/include/
cp -R "$root/bindings/python" copy/bindings/
cp -R "$root/scripts" copy/
chmod -R u+w copy
sed -i.before 's/uint64_t seed;/uint32_t seed;/' copy/include/gan/iterator.h
! "$python" copy/scripts/python-declarations --check >said 2>&1 || fail "another type of a member should be seen"
grep -q '"seed", c_uint32' said || fail "it should say which: $(cat said)"

# Sizes of structs and places of their members, as the C compiler has them.
"$python" - >layout.c <<'END'
import libgan
print('#include <gan/gan.h>\n#include <stdio.h>\nint main(void)\n{')
for name, struct in sorted(vars(libgan).items()):
    if isinstance(struct, type) and issubclass(struct, libgan.Record) and hasattr(struct, "_fields_"):
        print('    printf("%s %%zu\\n", sizeof(%s));' % (name, name))
        for field, *_ in struct._fields_:
            print('    printf("%s.%s %%zu\\n", offsetof(%s, %s));' % (name, field, name, field))
for name, value in sorted(vars(libgan).items()):
    if name.isupper() and isinstance(value, int) and not name.startswith("STATUS"):
        print('    printf("%s %%llu\\n", (unsigned long long)GAN_%s);' % (name, name))
print('    return 0;\n}')
END
${CC:-cc} -I"$root/include" layout.c -o layout
./layout >layout.of_c
"$python" - >layout.of_python <<'END'
import ctypes, libgan
for name, struct in sorted(vars(libgan).items()):
    if isinstance(struct, type) and issubclass(struct, libgan.Record) and hasattr(struct, "_fields_"):
        print(name, ctypes.sizeof(struct))
        for field, *_ in struct._fields_:
            print("%s.%s %d" % (name, field, getattr(struct, field).offset))
for name, value in sorted(vars(libgan).items()):
    if name.isupper() and isinstance(value, int) and not name.startswith("STATUS"):
        print(name, value)
END
[ "$(grep -c . layout.of_c)" -ge 200 ] || fail "more than $(grep -c . layout.of_c) places expected"
diff layout.of_c layout.of_python || fail "structs are laid out in another way than in C"

# --- What it does ----------------------------------------------------------------------------------

# The README's program in both languages, for two epochs.
awk '/^```$/ { if (inside) exit } inside; /^## A program$/ { on = 1 } on && /^```c$/ { inside = 1 }' "$root/README.md" |
    sed 's/gan_iterator_epoch(it) < 20/gan_iterator_epoch(it) < 2/' >readme.c
grep -q "< 2;" readme.c || fail "README's program should train 20 epochs"
${CC:-cc} -I"$root/include" readme.c -o readme -L"$build" -lgan
./readme
mv generator.safetensors of_c.safetensors
"$python" "$root/bindings/python/example.py" 2
cmp generator.safetensors of_c.safetensors || fail "Python trains with other bits than C"
[ "$(grep -vc '^ *$' "$root/bindings/python/example.py")" -le 25 ] || fail "example.py has more than 25 lines"
sed 1d "$root/bindings/python/example.py" >example.py
awk '/^```python$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$root/docs/python.md" | diff example.py - ||
    fail "docs/python.md prints another program than bindings/python/example.py"

"$python" "$root/tests/python/test_libgan.py" -v 2>&1
