# Makefile - builds, tests and installs libgan.  Needs GNU make; what it makes is in $(BUILD).
#
## make              the library (static and shared), the examples and the benchmarks
##                   parts: static  shared  pc  examples  benches; and, not parts of it, tests, and
##                   commands (the examples that make install installs as commands)
## make check        every test; the last line says "N passed, N failed"
##                   parts: check-units  check-exports  check-headers  check-install ...
##                   UNITS="layer% train%": of the first only those whose names match
## make check-san    the tests under the address and undefined sanitizers, then the thread sanitizer
## make check-parts  with other programs' own parts: PyTorch, onnxruntime, compilers, browser, MPI, each where it is
## make check-all    check, check-parts, check-san, valgrind, the long checks and a reproducible build
## make check-fuzz   each fuzz target for FUZZ_SECONDS=20 under clang's sanitizers
## make check-ports  for arm64, s390x, i386 and armhf, under an emulator; PORTS="s390x armhf" takes
##                   fewer, GAN_PORT_TESTS=all every test
## make check-systems  in read-only sources with spaces in their path, with -O0 to -O3, -flto,
##                   -march=native, another BLAS; SYSTEMS="read-only O3" does fewer
## make bench        how fast training steps are on this machine
##                   parts: bench-step  bench-dcgan  bench-conditional  bench-sampler; and, not part of
##                   it: bench-export  bench-products  bench-rates  bench-cores  bench-precision  bench-reference  bench-health, bench-few, bench-shards, bench-modes (minutes)
##                   bench-memory (TIME=1: half an hour, 5 GB)  and, as they write to the disk, bench-checkpoint (500 MB)
##                   bench-png (11,000 pictures)  bench-pictures (11,000 JPEG files, which PYTHON=python3
##                   makes with Pillow and numpy)
## make compare      steps of five sizes beside PyTorch at its best (needs python3-torch; minutes);
##                   SUITE=trixie inside that release of Debian (needs root and mmdebstrap);
##                   STEP="dcgan conv3x3" only these
## make demo         get Fashion-MNIST, train 30 epochs, leave the pictures in build/demo
## make reproduce    the whole experiment, 200 epochs, in build/reproduce
## make figures      remake the numbers and pictures of README.md and docs/ (hours; needs python3)
##                   parts: figures-performance (20 minutes)  figures-guide (6)  figures-ring (10)
##                   figures-pictures (30)  figures-experiments (45)  figures-conditional (40)
##                   figures-objectives (120)  figures-best (120)  figures-gallery (25);
##                   with QUICK=1 a small trial on copies of the documents
## make gallery      figures-gallery: the pictures of README.md
## make docs         README.md, docs/ and the reference of the headers as HTML, manual pages of modules and
##                   commands, in build/docs (needs doxygen and help2man)
## make fuzz-NAME    the libFuzzer program of tests/fuzz/fuzz_NAME.c (needs clang)
## make install      to PREFIX, BINDIR, LIBDIR, INCLUDEDIR, PKGCONFIGDIR, DATADIR, EXAMPLESDIR, below DESTDIR
##                   parts: install-library  install-commands (gan-train, gan-sample ...); and, not part
##                   of it: install-docs to MANDIR and DOCDIR
## make uninstall    remove what install put there
## make dist         the sources of the last commit as build/libgan-VERSION.tar.gz; the same commit, the same bytes
## make verify-dist  the same again from a fresh clone; from both the library is built: the same bytes
## make check-coverage  which lines of lib/ the unit tests run, by module
## make check-packages  Debian's packages built, read by lintian, installed, tried and removed in clean roots; needs
##                   root and mmdebstrap; SUITES="bookworm trixie"
## make check-newcomer  from the tarball, a clone and the packages to the first picture, in fresh roots, with times
## make check-recipes  the files of packaging/, with rpmbuild, makepkg, shellcheck and ruby, each where it is
## make clean        remove everything made
##
## Settings: CC  CFLAGS  LDFLAGS  BUILD=DIRECTORY  BLAS=PKG-CONFIG-MODULE  SAN=address,undefined
##           DEBUG=1 (assertions)  WERROR=1 (warnings are errors)  V=1 (show commands)
##           X86_ISAS= (portable loops only)  X86_ISAS=v3 (those and AVX2's)
##           BLAS=none (all products by the library's own loops)
##           JPEG=none  WEBP=none  ZIP=none (without these pictures and .npz archives; as it is where
##           pkg-config lacks libjpeg, libwebp or libzip)
##           MPI=openmpi  MPI=mpich  MPI=none (what libgan_mpi is built with; by default the first that
##           pkg-config finds)
##           PRODUCTS=blas (products by the BLAS where there are own loops, too)

PREFIX       ?= /usr/local
LIBDIR       ?= $(PREFIX)/lib
INCLUDEDIR   ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
CMAKEDIR     ?= $(LIBDIR)/cmake/libgan
BINDIR       ?= $(PREFIX)/bin
DATADIR      ?= $(PREFIX)/share
EXAMPLESDIR  ?= $(DATADIR)/libgan/examples
MANDIR       ?= $(DATADIR)/man
DOCDIR       ?= $(DATADIR)/doc/libgan

CFLAGS       ?= -O2 -g
PKG_CONFIG   ?= pkg-config
comma        := ,
BUILD        ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))

# --- What is built ------------------------------------------------------------------------------

quote   = '$(subst ','\'',$(1))'

ifneq ($(words $(BUILD)),1)
$(error BUILD is "$(BUILD)": make needs one path without spaces; the sources and PREFIX may have them)
endif

version = $(shell sed -n 's/^.define GAN_VERSION_$(1)  *\([0-9]*\).*/\1/p' include/gan/version.h)
MAJOR   := $(call version,MAJOR)
MINOR   := $(call version,MINOR)
VERSION := $(MAJOR).$(MINOR).$(call version,PATCH)
# While the major version is 0 each minor release may break the ABI, so the soname carries both.
ABI     := $(MAJOR)$(if $(filter 0,$(MAJOR)),.$(MINOR))

HEADERS         := $(sort $(wildcard include/gan/*.h))
LIB_SRC         := $(sort $(wildcard lib/*/*.c))
TEST_SRC        := $(sort $(wildcard tests/test_*.c))
TEST_HELPERS    := $(filter-out $(TEST_SRC),$(sort $(wildcard tests/*.c)))
BENCH_SRC       := $(sort $(wildcard tests/bench/bench_*.c))
BENCH_HELPERS   := $(filter-out $(BENCH_SRC),$(sort $(wildcard tests/bench/*.c)))
FUZZ_SRC        := $(sort $(wildcard tests/fuzz/fuzz_*.c))
EXAMPLE_HELPERS := $(sort $(wildcard examples/common/*.c))
EXAMPLE_SRC     := $(sort $(wildcard examples/*.c))
EXAMPLE_FILES   := examples/Makefile $(EXAMPLE_SRC)
EXAMPLE_PARTS   := $(sort $(wildcard examples/common/*.[ch]))
# The programs that are commands once they are installed, each with its command's name.
COMMANDS        := gan-train:picture_gan $(foreach name,sample interpolate evaluate report export,gan-$(name):$(name))
# Arguments: a pair of those.
command         = $(firstword $(subst :, ,$(1)))
program         = $(BUILD)/examples/$(lastword $(subst :, ,$(1)))
COMMAND_NAMES   := $(foreach pair,$(COMMANDS),$(call command,$(pair))) gan-convert

# The loops of kernels_loop_internal.h and the products of kernels_gemm.c are compiled once for each
# instruction set; kernels_simd.c picks one when it runs.  Fetching a line for writing (prfchw) does
# nothing on the few of these CPUs that can't.
ISA_LOOPS := function gemm patch random sum tile update
# With sanitizers, -O3 takes minutes for the unrolled transforms of tiles.
ISA_SAN_tile := $(if $(SAN),-O1)
ISA_v3   := -march=x86-64-v3 -mprfchw
ISA_v4   := -march=x86-64-v4 -mprfchw -mprefer-vector-width=512
# v4 with the instruction for products in bfloat16, which compilers learnt later.
ISA_bf16 := $(ISA_v4) -mavx512bf16
X86_ISAS := $(shell $(CC) $(ISA_v4) -E -x c /dev/null >/dev/null 2>&1 && echo v3 v4)
GEMM_ISAS := $(X86_ISAS) $(if $(filter v4,$(X86_ISAS)),$(shell $(CC) $(ISA_bf16) -E -x c /dev/null >/dev/null 2>&1 && echo bf16))

LIB_OBJ     := $(patsubst lib/%.c,%.o,$(filter-out $(ISA_LOOPS:%=lib/math/kernels_%.c), \
                   $(LIB_SRC))) \
               $(foreach k,$(ISA_LOOPS),$(patsubst %,math/kernels_$k-%.o,base $(X86_ISAS))) \
               $(patsubst %,math/kernels_gemm-%.o,$(filter-out $(X86_ISAS),$(GEMM_ISAS)))
STATIC_OBJ  := $(LIB_OBJ:%=$(BUILD)/static/%)
SHARED_OBJ  := $(LIB_OBJ:%=$(BUILD)/shared/%)
PROGRAM_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(TEST_SRC) $(TEST_HELPERS) $(BENCH_SRC) \
                 $(BENCH_HELPERS) $(FUZZ_SRC) tests/fuzz/replay.c tests/fuzz/mutator.c $(EXAMPLE_SRC) $(EXAMPLE_HELPERS))

STATIC   := $(BUILD)/libgan.a
EXAMPLES := $(EXAMPLE_SRC:%.c=$(BUILD)/%)
BENCHES  := $(BENCH_SRC:tests/%.c=$(BUILD)/%)
TESTS    := $(TEST_SRC:%.c=$(BUILD)/%)
EXAMPLE_TESTS := $(filter $(BUILD)/tests/test_example_%,$(TESTS))
LIB_TESTS     := $(filter-out $(EXAMPLE_TESTS),$(TESTS))
REPLAYS  := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(BUILD)/fuzz/replay_%)

ifeq ($(shell uname -s),Darwin)
ARFLAGS      := rcs
SHARED_NAMES := libgan.$(VERSION).dylib libgan.$(ABI).dylib libgan.dylib
SHARED_FLAGS  = -dynamiclib -install_name $(LIBDIR)/libgan.$(ABI).dylib
else
ARFLAGS      := rcsD
SHARED_NAMES := libgan.so.$(VERSION) libgan.so.$(ABI) libgan.so
SHARED_FLAGS  = -shared -Wl,-soname,libgan.so.$(ABI) -Wl,--version-script=lib/libgan.map \
                -Wl,-z,relro,-z,now $(NO_UNDEFINED)
# clang links a sanitizer's run-time library into programs only.
NO_UNDEFINED := $(if $(SAN),,-Wl,-z,defs)
endif
SHARED_END := $(if $(filter Darwin,$(shell uname -s)),$(ABI),so)
SHARED := $(BUILD)/$(firstword $(SHARED_NAMES))

# --- What it is built from ----------------------------------------------------------------------

have = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo $(1))
ifndef BLAS
BLAS := $(or $(call have,openblas),$(call have,cblas),$(call have,blas),openblas)
endif
# What the library does without: these formats are then errors that name what is missing.
ifndef JPEG
JPEG := $(or $(call have,libjpeg),none)
endif
ifndef WEBP
WEBP := $(or $(call have,libwebp),none)
endif
ifndef ZIP
ZIP := $(or $(call have,libzip),none)
endif
# What libgan_mpi is built with; libgan itself knows no MPI.
MPI_openmpi := ompi-c
MPI_mpich   := mpich
ifndef MPI
MPI := $(if $(call have,ompi-c),openmpi,$(if $(call have,mpich),mpich,none))
endif
MPI_MODULE   := $(if $(filter-out none,$(MPI)),$(or $(MPI_$(MPI)),$(error MPI is "$(MPI)": openmpi, mpich or none expected)))
OPTIONAL     := $(filter-out none,$(JPEG) $(WEBP) $(ZIP))
MODULES      := $(filter-out none,$(BLAS)) libpng zlib $(OPTIONAL)
# Others' headers are system headers: our warnings are about our code.
headers_of    = $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null))
DEP_CFLAGS   := $(call headers_of,$(MODULES))
BLAS_LIBS    := $(if $(filter-out none,$(BLAS)),$(shell $(PKG_CONFIG) --libs $(BLAS) 2>/dev/null))
CHECK_CFLAGS := $(call headers_of,check)
CHECK_LIBS   := $(shell $(PKG_CONFIG) --libs check 2>/dev/null)
CAIRO        := $(call have,cairo)
CAIRO_CFLAGS := $(if $(CAIRO),-DHAVE_CAIRO $(shell $(PKG_CONFIG) --cflags cairo))
CAIRO_LIBS   := $(if $(CAIRO),$(shell $(PKG_CONFIG) --libs cairo))

# Debian calls every BLAS libblas.so.3, and programs load the one that the administrator chose.  Of
# blas-NAME they are told the directory; the reference's lies one deeper than its module says.
ifneq ($(filter blas-%,$(BLAS)),)
BLAS_DIR  := $(shell $(PKG_CONFIG) --variable=libdir $(BLAS) 2>/dev/null)
BLAS_DIR  := $(or $(if $(filter blas-netlib,$(BLAS)),$(wildcard $(BLAS_DIR)/blas)),$(BLAS_DIR))
BLAS_LIBS := -L$(BLAS_DIR) -Wl,-rpath,$(BLAS_DIR) $(BLAS_LIBS)
endif
DEP_LIBS  := $(BLAS_LIBS) $(shell $(PKG_CONFIG) --libs $(filter-out $(BLAS),$(MODULES)) 2>/dev/null) -lm

# --- Flags: ours come first, so that the user's CFLAGS and LDFLAGS have the last word -------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wcast-qual -Wpointer-arith -Wundef -Wvla \
            -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wwrite-strings \
            -Wformat=2 -Wswitch-enum -Wdouble-promotion -Wconversion -Wno-sign-conversion
# Check's macros, and floats given to printf(), trip three of them.
PROGRAM_WARNINGS := $(filter-out -Wpedantic -Wdouble-promotion -Wconversion,$(WARNINGS))

SAN_FLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
# gcc keeps floats in wider registers on some processors (FLT_EVAL_METHOD), which gives other bits:
# the first flags that stop it, none where nothing has to be stopped.
rounds    = $(shell $(CC) -std=c11 $(CPPFLAGS) $(CFLAGS) $(1) -E -dM -x c /dev/null 2>/dev/null | \
                grep 'FLT_EVAL_METHOD__ 0')
FLT_FLAGS := $(if $(call rounds,),,$(if $(call rounds,-fexcess-precision=fast),-fexcess-precision=fast,\
                 $(if $(call rounds,-msse2 -mfpmath=sse),-msse2 -mfpmath=sse)))
OWN_FLAGS := -std=c11 $(FLT_FLAGS) -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -Iinclude \
             -pthread $(call quote,-ffile-prefix-map=$(CURDIR)=.) $(SAN_FLAGS) \
             $(if $(filter 1,$(WERROR)),-Werror)
# Where a frame is larger than a thread's guard page, each of its pages is touched in turn.
probe      = $(shell $(CC) -Werror $(1) -S -o /dev/null -x c /dev/null 2>/dev/null && echo $(1))
STACK_FLAG := $(call probe,-fstack-clash-protection)
# Compilers have to compute what is written: nothing fused, nothing reordered.  -ffast-math would
# also take out the checks for NaN.
LIB_FLAGS := $(OWN_FLAGS) -I$(BUILD)/made -Ilib $(WARNINGS) $(STACK_FLAG) -fvisibility=hidden -ffp-contract=off -fno-math-errno \
             -fno-trapping-math $(DEP_CFLAGS) -DGAN__BLAS_NAME=\"$(BLAS)\" \
             $(if $(findstring openblas,$(BLAS)),-DGAN__BLAS_OPENBLAS) \
             $(if $(filter none,$(BLAS)),-DGAN__NO_BLAS) \
             $(if $(filter none,$(JPEG)),,-DGAN__HAVE_JPEG) \
             $(if $(filter none,$(WEBP)),,-DGAN__HAVE_WEBP) \
             $(if $(filter none,$(ZIP)),,-DGAN__HAVE_ZIP) \
             $(if $(filter blas,$(PRODUCTS)),-DGAN__BLAS_PRODUCTS) \
             $(GEMM_ISAS:%=-DGAN__HAVE_%) $(if $(SAN)$(DEBUG),,-DNDEBUG)
TEST_FLAGS    := $(OWN_FLAGS) $(PROGRAM_WARNINGS) -Ilib -Itests -Iexamples $(DEP_CFLAGS) $(CHECK_CFLAGS)
EXAMPLE_FLAGS := $(OWN_FLAGS) $(PROGRAM_WARNINGS) $(CAIRO_CFLAGS)

# A rule's first line makes the file's directory and says what comes; its second is the command.
Q       := $(if $(filter 1,$(V)),,@)
begin    = @mkdir -p $(@D)$(if $(Q), && printf '  %-5s %s\n' $(1) $@)
COMPILE  = $(Q)$(CC) -MMD -MP $(1) $(CPPFLAGS) $(CFLAGS) $(2) -c -o $@ $<
LINK     = $(Q)$(CC) -pthread $(SAN_FLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) \
           $(1) $(DEP_LIBS)

# --- Building -----------------------------------------------------------------------------------

.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all static shared pc mpi examples commands benches tests help clean FORCE

all: static shared pc mpi examples benches
static: $(STATIC)
shared: $(SHARED)
pc: $(BUILD)/libgan-uninstalled.pc
examples: $(EXAMPLES)
commands: $(foreach pair,$(COMMANDS),$(call program,$(pair)))
benches: $(BENCHES)
tests: $(TESTS) $(REPLAYS)

# Holds every flag and the list of sources.  It is rewritten only when it would read differently,
# and then everything is rebuilt.  That is also the moment to find out what is missing.
STAMP  := $(BUILD)/stamp
CONFIG := $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) | $(LIB_FLAGS) | $(TEST_FLAGS) | \
          $(EXAMPLE_FLAGS) | $(MPI) | $(DEP_LIBS) $(CHECK_LIBS) $(CAIRO_LIBS) | \
          $(LIB_SRC) $(TEST_HELPERS) $(BENCH_HELPERS) $(EXAMPLE_HELPERS)
missing = { echo "libgan: $(1); ./bootstrap installs what is needed" >&2; exit 1; }

$(STAMP): FORCE
	@mkdir -p $(@D)
	@config=$(call quote,$(CONFIG)); \
	if [ "$$(cat $@ 2>/dev/null)" = "$$config" ]; then exit; fi; \
	echo 'int main(void) { return 0; }' | \
	    $(CC) -w $(CFLAGS) -x c - -x none -o $@.probe $(SAN_FLAGS) $(LDFLAGS) || \
	    $(call missing,the C compiler $(CC) does not build a program); \
	for module in $(MODULES); do \
	    $(PKG_CONFIG) --exists $$module || $(call missing,pkg-config does not find $$module); \
	done; \
	[ '$(BLAS)' = none ] || echo 'int main(void) { return (int)(long)cblas_sgemm; }' | \
	    $(CC) -w $(DEP_CFLAGS) $(CFLAGS) -include cblas.h -x c - -x none -o $@.probe \
	        $(LDFLAGS) $(DEP_LIBS) || \
	    $(call missing,$(BLAS) does not give a program cblas_sgemm()); \
	printf '%s\n' "$$config" > $@
FORCE:

$(BUILD)/static/%.o: lib/%.c $(STAMP)
	$(call begin,CC)
	$(call COMPILE,$(LIB_FLAGS))

$(BUILD)/shared/%.o: lib/%.c $(STAMP)
	$(call begin,CC)
	$(call COMPILE,$(LIB_FLAGS) -fPIC)

define isa_rules
$(BUILD)/static/math/kernels_$1-%.o: lib/math/kernels_$1.c $(STAMP)
	$$(call begin,CC)
	$$(call COMPILE,$$(LIB_FLAGS) -DGAN__ISA=$$*,$$(or $$(ISA_SAN_$1),-O3) $$(ISA_$$*))

$(BUILD)/shared/math/kernels_$1-%.o: lib/math/kernels_$1.c $(STAMP)
	$$(call begin,CC)
	$$(call COMPILE,$$(LIB_FLAGS) -fPIC -DGAN__ISA=$$*,$$(or $$(ISA_SAN_$1),-O3) $$(ISA_$$*))
endef
$(foreach k,$(ISA_LOOPS),$(eval $(call isa_rules,$k)))

$(BUILD)/obj/examples/%.o: examples/%.c $(STAMP)
	$(call begin,CC)
	$(call COMPILE,$(EXAMPLE_FLAGS))

$(BUILD)/obj/tests/%.o: tests/%.c $(STAMP)
	$(call begin,CC)
	$(call COMPILE,$(TEST_FLAGS))

# The texts that exported networks consist of, as arrays of C.
EXPORT_TEXTS := $(sort $(wildcard lib/export/text/*))
$(BUILD)/made/export/export_texts.h: $(EXPORT_TEXTS) lib/export/embed $(STAMP)
	$(call begin,GEN)
	$(Q)lib/export/embed $(EXPORT_TEXTS) > $@
$(BUILD)/static/export/export_text.o $(BUILD)/shared/export/export_text.o: $(BUILD)/made/export/export_texts.h

# Made anew each time: ar would leave the objects of deleted sources in it.
$(STATIC): $(STATIC_OBJ) $(STAMP)
	$(call begin,AR)
	$(Q)rm -f $@ && $(AR) $(ARFLAGS) $@ $(filter %.o,$^)

$(SHARED): $(SHARED_OBJ) lib/libgan.map $(STAMP)
	$(call begin,LD)
	$(call LINK,$(SHARED_FLAGS))
	$(Q)cd $(@D) && for name in $(wordlist 2,3,$(SHARED_NAMES)); do ln -sf $(@F) $$name; done

# Under mpirun they open libgan_mpi, which lies one directory up, or where the system looks.
PROGRAM_LIBS := $(CAIRO_LIBS) -ldl $(if $(filter Darwin,$(shell uname -s)),,'-Wl,-rpath,$$ORIGIN/..')
$(EXAMPLES): $(BUILD)/%: $(BUILD)/obj/%.o $(EXAMPLE_HELPERS:%.c=$(BUILD)/obj/%.o) $(STATIC)
	$(call begin,LD)
	$(call LINK,$(PROGRAM_LIBS))

# ward.c, runs that fail, is a fixture of tests and measured, too.
$(BENCHES): $(BUILD)/%: $(BUILD)/obj/tests/%.o $(BENCH_HELPERS:%.c=$(BUILD)/obj/%.o) \
            $(BUILD)/obj/tests/ward.o $(STATIC)
	$(call begin,LD)
	$(call LINK,$(BENCH_LINK))

# It trains the networks of an example; the library again, for what they call.
$(BUILD)/bench/bench_modes: $(EXAMPLE_HELPERS:%.c=$(BUILD)/obj/%.o)
$(BUILD)/bench/bench_modes: BENCH_LINK := $(STATIC) $(PROGRAM_LIBS)

$(BUILD)/bench/bench_cores: BENCH_LINK := -Wl,--wrap=gan__pool_run

$(LIB_TESTS): $(BUILD)/%: $(BUILD)/obj/%.o $(TEST_HELPERS:%.c=$(BUILD)/obj/%.o) $(STATIC)
	$(call begin,LD)
	$(call LINK,$(CHECK_LIBS))

# The parts of the examples are tested alone: some of the library's test helpers have their names.
$(EXAMPLE_TESTS): $(BUILD)/%: $(BUILD)/obj/%.o $(patsubst %,$(BUILD)/obj/tests/%.o,suite expect scratch) \
                  $(EXAMPLE_HELPERS:%.c=$(BUILD)/obj/%.o) $(STATIC)
	$(call begin,LD)
	$(call LINK,$(CHECK_LIBS) $(CAIRO_LIBS) -ldl)

$(REPLAYS): $(BUILD)/obj/tests/fuzz/replay.o
$(REPLAYS): $(BUILD)/fuzz/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(STATIC)
	$(call begin,LD)
	$(call LINK)

# libgan_mpi is a library of its own, linked to one MPI; it calls nothing of libgan.
MPI_NAMES := $(subst libgan,libgan_mpi,$(SHARED_NAMES))
MPI_LIBRARIES := $(if $(MPI_MODULE),$(BUILD)/libgan_mpi.a $(BUILD)/$(firstword $(MPI_NAMES)))
mpi: $(MPI_LIBRARIES)

$(BUILD)/mpi/gan_mpi.o: mpi/gan_mpi.c $(STAMP)
	$(call begin,CC)
	$(call COMPILE,$(OWN_FLAGS) -Impi/include $(WARNINGS) -fvisibility=hidden -fPIC $(call headers_of,$(MPI_MODULE)))

$(BUILD)/libgan_mpi.a: $(BUILD)/mpi/gan_mpi.o
	$(call begin,AR)
	$(Q)rm -f $@ && $(AR) $(ARFLAGS) $@ $<

$(BUILD)/$(firstword $(MPI_NAMES)): $(BUILD)/mpi/gan_mpi.o mpi/libgan_mpi.map $(STAMP)
	$(call begin,LD)
	$(Q)$(CC) -pthread $(SAN_FLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< \
	    $(subst lib/libgan.map,mpi/libgan_mpi.map,$(subst libgan.$(SHARED_END),libgan_mpi.$(SHARED_END),$(SHARED_FLAGS))) \
	    $(shell $(PKG_CONFIG) --libs $(MPI_MODULE) 2>/dev/null)
	$(Q)cd $(@D) && for name in $(wordlist 2,3,$(MPI_NAMES)); do ln -sf $(@F) $$name; done

-include $(BUILD)/mpi/gan_mpi.d
-include $(STATIC_OBJ:.o=.d) $(SHARED_OBJ:.o=.d) $(PROGRAM_OBJ:.o=.d)

help:
	@sed -n 's/^## \{0,1\}//p' Makefile

# What check-ports downloaded stays.
clean:
	rm -rf $(BUILD) $(filter-out build-ports,$(wildcard $(BUILD)-*)) build-ports/*/build

# --- Testing: every check leaves a log that ends in its verdict; scripts/run-check adds them up ---

.PHONY: have-check have-data check check-units check-replays check-coverage check-parts check-ports check-systems check-fuzz run-fuzzers check-san \
        check-valgrind check-long check-reproducible check-all \
        bench bench-step bench-dcgan bench-conditional bench-sampler bench-export bench-products bench-rates bench-cores bench-precision bench-reference bench-health bench-few bench-shards bench-modes bench-memory bench-checkpoint bench-png bench-pictures compare

LOGS        := $(BUILD)/check
# UNITS: those tests only whose names match, such as "layer% train%".
UNIT_LOGS   := $(filter $(patsubst %,$(LOGS)/test_%.log,$(or $(UNITS),%)),$(TEST_SRC:tests/%.c=$(LOGS)/%.log))
REPLAY_LOGS := $(REPLAYS:$(BUILD)/fuzz/%=$(LOGS)/%.log)
# What takes long: other programs take part, a dozen networks are trained, or the library is built again.
PART_LOGS   := $(patsubst %,$(LOGS)/check_%.log,export export_page figures_trial install module mpi onnx plain pytorch report_page)
SCRIPT_LOGS := $(filter-out $(PART_LOGS),$(patsubst tests/%.sh,$(LOGS)/%.log,$(sort $(wildcard tests/check_*.sh))))
ifneq ($(SAN)$(DEBUG),)
# Sanitizers and assertions change what the library exports, imports and needs.
SCRIPT_LOGS := $(filter-out %_abi.log %_exports.log %_imports.log %_install.log,$(SCRIPT_LOGS))
endif
ifneq ($(SAN),)
# These read sources and documents, or run programs that other checks run, too.
SCRIPT_LOGS := $(filter-out $(patsubst %,$(LOGS)/check_%.log,circles demo figures fusion \
                   headers layers plain python reference),$(SCRIPT_LOGS))
endif
# The thread sanitizer sees the tests that start a second thread, themselves or by a fixture or an
# iterator, but for the slowest that only could.
ifeq ($(SAN),thread)
THREADED  := $(shell grep -lE 'thread|iterator|"(conditional|game|onelayer|ranks|run|ward)\.h"' $(TEST_SRC))
UNIT_LOGS := $(filter-out $(patsubst %,$(LOGS)/test_%.log,checkpoint_damage checkpoint_kill checkpoint_savers example_networks \
                 health_looks health_runs stream train_learns),$(filter $(UNIT_LOGS),$(THREADED:tests/%.c=$(LOGS)/%.log)))
endif
# Those that parse files and count memory; under valgrind the others take minutes and show no more.
VALGRIND_LOGS := $(patsubst %,$(LOGS)/valgrind_test_%.log,alloc dataset dataset_idx file file_links \
                   image image_hostile network network_file network_load safetensors safetensors_hostile state)

# Each check writes to a directory of its own.  A request for terabytes is to fail, not to abort.  Under sanitizers the tests
# of a program share a process, as a search for leaks at the end of each test takes most of the time otherwise.
run = @rm -rf $(@:.log=.d) && mkdir -p $(@:.log=.d) && \
      BUILD=$(BUILD) CC='$(CC)' MAKE='$(MAKE)' GAN_TEST_DIR=$(@:.log=.d) OPENBLAS_NUM_THREADS=1 \
      ASAN_OPTIONS=allocator_may_return_null=1 TSAN_OPTIONS=allocator_may_return_null=1 \
      $(if $(SAN),CK_FORK=no) scripts/run-check $@

check: $(UNIT_LOGS) $(REPLAY_LOGS) $(SCRIPT_LOGS)
	@scripts/run-check --total $^

check-parts: $(PART_LOGS)
	@scripts/run-check --total $^

check-units: $(UNIT_LOGS)
	@scripts/run-check --total $^

check-replays: $(REPLAY_LOGS)
	@scripts/run-check --total $^

check-%: $(LOGS)/check_%.log
	@scripts/run-check --total $<

check-valgrind: $(VALGRIND_LOGS)
	@scripts/run-check --total $^

$(UNIT_LOGS): $(LOGS)/%.log: $(BUILD)/tests/% FORCE
	$(run) $(RUNNER) $<

$(VALGRIND_LOGS): $(LOGS)/valgrind_%.log: $(BUILD)/tests/% FORCE
	$(run) valgrind --quiet --leak-check=full --error-exitcode=1 $<

$(REPLAY_LOGS): $(LOGS)/replay_%.log: $(BUILD)/fuzz/replay_% FORCE
	$(run) $(RUNNER) $< $(wildcard tests/corpus/$*)

# These ask test_kinds for networks.
$(filter %_module.log %_onnx.log,$(PART_LOGS)): $(BUILD)/tests/test_kinds

$(SCRIPT_LOGS) $(PART_LOGS): $(LOGS)/%.log: tests/%.sh all FORCE
	$(run) $<

# It writes the networks of its tests, too.
$(LOGS)/check_export.log: $(BUILD)/tests/test_export_c
$(LOGS)/check_export_page.log: $(BUILD)/tests/test_export_page

$(TEST_SRC:%.c=$(BUILD)/obj/%.o) $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out tests/ward.c,$(TEST_HELPERS))): | have-check
have-check:
	@$(PKG_CONFIG) --exists check || \
	    { echo "libgan: the tests need Check; ./bootstrap check installs it" >&2; exit 1; }

# Where GAN_DATA_DIR is wrong, one sentence says so in place of many failures.
$(UNIT_LOGS) $(SCRIPT_LOGS) $(PART_LOGS): | have-data
have-data:
	@[ -z "$$GAN_DATA_DIR" ] || scripts/fetch-data >/dev/null

# For other processors, under an emulator; needs Debian's packages.
check-ports: $(LOGS)/test_train_files.log
	+@BUILD=$(BUILD) MAKE='$(MAKE)' scripts/check-ports $(PORTS)

# Other places, users, flags and BLAS.
check-systems:
	@BUILD=$(BUILD) MAKE='$(MAKE)' scripts/check-systems $(SYSTEMS)

check-san:
	$(MAKE) BUILD=$(BUILD)-asan SAN=address,undefined check
	$(MAKE) BUILD=$(BUILD)-tsan SAN=thread check-units

# Which lines the unit tests run; kernels at -O3 as ever, or the tests would take hours.
check-coverage:
	$(MAKE) BUILD=$(BUILD)-coverage CFLAGS="-O0 -g --coverage -fprofile-update=atomic" tests
	find $(BUILD)-coverage -name '*.gcda' -exec rm {} +
	CK_TIMEOUT_MULTIPLIER=8 $(MAKE) BUILD=$(BUILD)-coverage CFLAGS="-O0 -g --coverage -fprofile-update=atomic" check-units check-replays
	scripts/coverage $(BUILD)-coverage

# The same bytes from two directories whose names differ in length.
check-reproducible:
	rm -rf $(BUILD)-twice
	for copy in $(BUILD)-twice/a $(BUILD)-twice/bbb; do \
	    mkdir -p $$copy && cp -R Makefile include lib $$copy && \
	    $(MAKE) -C $$copy BUILD=build static shared || exit; \
	done
	for file in libgan.a $(notdir $(SHARED)); do \
	    cmp $(BUILD)-twice/a/build/$$file $(BUILD)-twice/bbb/build/$$file || exit; \
	done

# What `make check` does in seconds at length: 500 kills, 10,000 saves by 4 processes, each byte
# changed to each other value, each class left out twice, and all runs that fail.
LONG_LOGS := $(patsubst %,$(LOGS)/long_test_%.log,checkpoint_kill checkpoint_savers checkpoint_damage network_file \
                 reference_fashion health_runs)
check-long: $(LONG_LOGS)
	@scripts/run-check --total $^

$(LONG_LOGS): $(LOGS)/long_%.log: $(BUILD)/tests/% FORCE
	$(run) env GAN_TEST_KILLS=500 GAN_TEST_SAVES=10000 GAN_TEST_THOROUGH=1 $<

check-all: check check-parts check-san check-valgrind check-long check-reproducible

# One after the other, whatever -j says.
bench:
	@$(MAKE) --no-print-directory bench-step
	@$(MAKE) --no-print-directory bench-dcgan
	@$(MAKE) --no-print-directory bench-conditional
	@$(MAKE) --no-print-directory bench-sampler

bench-step: $(BUILD)/bench/bench_step
	@$< --grid --json $<.json

bench-dcgan: $(BUILD)/bench/bench_dcgan
	@$< --json $<.json

bench-conditional: $(BUILD)/bench/bench_conditional
	@$< --json $<.json

bench-export: $(BUILD)/bench/bench_export
	@CC='$(CC)' $<

bench-sampler: $(BUILD)/bench/bench_sampler
	@$< --json $<.json

bench-products: $(BUILD)/bench/bench_products
	@$< --json $<.json

bench-rates: $(BUILD)/bench/bench_rates
	@$< --json $<.json

bench-precision: $(BUILD)/bench/bench_precision
	@$< --json $<.json

bench-cores: $(BUILD)/bench/bench_cores
	@$< --json $<.json

bench-health: $(BUILD)/bench/bench_health
	@$< --json $<.json

bench-reference: $(BUILD)/bench/bench_reference
	@$< --json $<.json

bench-shards: $(BUILD)/bench/bench_shards
	@$< --json $<.json

bench-few: $(BUILD)/bench/bench_few
	@$< --json $<.json

bench-modes: $(BUILD)/bench/bench_modes
	@$< --json $<.json

bench-memory: $(BUILD)/bench/bench_memory
	@$< $(if $(TIME),--time) --json $<.json

bench-checkpoint: $(BUILD)/bench/bench_checkpoint
	@$< $(BUILD)

bench-png: $(BUILD)/bench/bench_png
	@TMPDIR=$(BUILD) $<

# PYTHON has Pillow and numpy.
PYTHON ?= python3
bench-pictures: $(BUILD)/bench/bench_pictures
	@[ -d $(BUILD)/jpegs ] || $(PYTHON) tests/bench/make_jpegs.py $(BUILD)/jpegs 11000
	@PICTURES=$(BUILD)/jpegs $<

compare: $(if $(SUITE),,shared)
	$(if $(SUITE),BUILD=$(BUILD) scripts/compare-in-root $(SUITE) $(STEP), \
	    tests/bench/compare_pytorch.py --library $(SHARED) --json $(BUILD)/compare_pytorch.json $(STEP))

# Each fuzz target for a while, under clang's sanitizers.
FUZZ_SECONDS ?= 20
FUZZ_LOGS    := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(LOGS)/fuzz_%.log)
check-fuzz:
	$(MAKE) CC=clang BUILD=$(BUILD)-fuzz SAN=fuzzer-no-link,address,undefined run-fuzzers

run-fuzzers: $(FUZZ_LOGS)
	@scripts/run-check --total $^

$(FUZZ_LOGS): $(LOGS)/fuzz_%.log: $(BUILD)/fuzz/% FORCE
	$(run) $< -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(@:.log=.d)/ $(@:.log=.d) \
	    $(wildcard tests/corpus/$*)

fuzz-%:
	$(MAKE) CC=clang BUILD=$(BUILD)-fuzz SAN=fuzzer-no-link,address,undefined $(BUILD)-fuzz/fuzz/$*
	@echo "Now run it: $(BUILD)-fuzz/fuzz/$* DIRECTORY-FOR-ITS-FINDINGS tests/corpus/$*"

$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/mutator.o $(STATIC)
	$(call begin,LD)
	$(call LINK,-fsanitize=fuzzer)

# --- The experiment -----------------------------------------------------------------------------

.PHONY: demo reproduce figures gallery

demo: EPOCHS := 30
reproduce: EPOCHS := 200
demo reproduce: $(BUILD)/examples/fashion_gan
	@BUILD=$(BUILD) scripts/demo $(EPOCHS) $(BUILD)/$@

# Measurements want the machine for themselves, so one part comes after the other.
figures: all
	@BUILD=$(BUILD) CC='$(CC)' scripts/figures $(if $(QUICK),--quick)

gallery: figures-gallery

figures-%: all
	@BUILD=$(BUILD) CC='$(CC)' scripts/figures $(if $(QUICK),--quick) $*

# --- Documents ----------------------------------------------------------------------------------

.PHONY: docs
docs: commands
	@BUILD=$(BUILD) scripts/make-docs $(VERSION) $(COMMANDS) gan-convert:scripts/gan-convert
	@echo "libgan: $(BUILD)/docs/html/index.html and $(BUILD)/docs/man are made"

# --- Installing ---------------------------------------------------------------------------------

.PHONY: install install-library install-mpi install-commands install-docs uninstall

# Arguments: prefix, library and header directory.  What lies below the prefix is named by it, so
# that pkg-config finds a moved tree.
fill_pc = sed -e $(call quote,s|@PREFIX@|$(1)|) -e $(call quote,s|@LIBDIR@|$(2)|) \
              -e $(call quote,s|@INCLUDEDIR@|$(3)|) -e 's|@VERSION@|$(VERSION)|' \
              -e $(call quote,s|@BLAS_LIBS@|$(strip $(BLAS_LIBS))|) \
              -e $(call quote,s|@OPTIONAL@|$(OPTIONAL)|) -e $(call quote,s|@MPI@|$(MPI_MODULE)|) \
              pkgconfig/$(or $(4),libgan).pc.in | \
          sed -e $(call quote,s|^\([a-z]*dir=\)$(1)/|\1$${prefix}/|)
# Directories may have spaces; names of files have none.  Arguments: mode, files, directory.
below       = $(call quote,$(DESTDIR)$(1))
put         = install -d $(call below,$(3)) && install -m $(1) $(2) $(call below,$(3))
# Arguments: names, directory.
take        = [ ! -d $(call below,$(2)) ] || { cd $(call below,$(2)) && rm -f $(1); }
take_directory = rmdir $(call below,$(1)) 2>/dev/null || :

$(BUILD)/libgan-uninstalled.pc: pkgconfig/libgan.pc.in include/gan/version.h $(STAMP)
	$(call begin,GEN)
	@$(call fill_pc,$(CURDIR),$(if $(filter /%,$(BUILD)),$(BUILD),$(CURDIR)/$(BUILD)),$(CURDIR)/include) > $@

install: install-library install-commands $(if $(MPI_MODULE),install-mpi)

install-library: static shared
	$(call put,644,$(HEADERS),$(INCLUDEDIR)/gan)
	$(call put,644,$(STATIC),$(LIBDIR))
	$(call put,755,$(SHARED),$(LIBDIR))
	cd $(call below,$(LIBDIR)) && \
	    for name in $(wordlist 2,3,$(SHARED_NAMES)); do ln -sf $(notdir $(SHARED)) $$name; done
	$(call put,644,$(EXAMPLE_FILES),$(EXAMPLESDIR))
	$(call put,644,$(EXAMPLE_PARTS),$(EXAMPLESDIR)/common)
	install -d $(call below,$(PKGCONFIGDIR))
	$(call fill_pc,$(PREFIX),$(LIBDIR),$(INCLUDEDIR)) > $(call below,$(PKGCONFIGDIR)/libgan.pc)
	chmod 644 $(call below,$(PKGCONFIGDIR)/libgan.pc)
	install -d $(call below,$(CMAKEDIR))
	for name in libgan-config libgan-config-version; do \
	    sed -e $(call quote,s|@INCLUDEDIR@|$(INCLUDEDIR)|) -e 's|@VERSION@|$(VERSION)|' pkgconfig/$$name.cmake.in \
	        > $(call below,$(CMAKEDIR))/$$name.cmake && chmod 644 $(call below,$(CMAKEDIR))/$$name.cmake || exit; done

BASHDIR := $(DATADIR)/bash-completion/completions
ZSHDIR  := $(DATADIR)/zsh/site-functions

install-mpi: mpi
	$(call put,644,mpi/include/gan/mpi.h,$(INCLUDEDIR)/gan)
	$(call put,644,$(BUILD)/libgan_mpi.a,$(LIBDIR))
	$(call put,755,$(BUILD)/$(firstword $(MPI_NAMES)),$(LIBDIR))
	cd $(call below,$(LIBDIR)) && \
	    for name in $(wordlist 2,3,$(MPI_NAMES)); do ln -sf $(firstword $(MPI_NAMES)) $$name; done
	install -d $(call below,$(PKGCONFIGDIR))
	$(call fill_pc,$(PREFIX),$(LIBDIR),$(INCLUDEDIR),libgan-mpi) > $(call below,$(PKGCONFIGDIR)/libgan-mpi.pc)
	chmod 644 $(call below,$(PKGCONFIGDIR)/libgan-mpi.pc)

# As a link says it: where both are in their usual places, a prefix can be moved.
SHARE_FROM_BIN = $(if $(subst $(PREFIX)/bin:$(PREFIX)/share,,$(BINDIR):$(DATADIR)),$(DATADIR),../share)

install-commands: commands
	install -d $(call below,$(BINDIR)) $(call below,$(BASHDIR)) $(call below,$(ZSHDIR))
	$(foreach pair,$(COMMANDS),install -m 755 $(call program,$(pair)) $(call below,$(BINDIR)/$(call command,$(pair))) &&) :
	$(call put,755,scripts/gan-convert,$(DATADIR)/libgan)
	$(call put,644,scripts/torch_module.py,$(DATADIR)/libgan)
	ln -sf $(call quote,$(SHARE_FROM_BIN)/libgan/gan-convert) \
	    $(call below,$(BINDIR)/gan-convert)
	for name in $(COMMAND_NAMES); do \
	    echo "complete -F _longopt $$name" > $(call below,$(BASHDIR))/$$name || exit; done
	{ echo '#compdef $(COMMAND_NAMES)'; echo '_gnu_generic'; } > $(call below,$(ZSHDIR)/_gan)
	cd $(call below,$(DATADIR)) && chmod 644 zsh/site-functions/_gan $(COMMAND_NAMES:%=bash-completion/completions/%)

# What `make docs` has made.
install-docs:
	@[ -d $(BUILD)/docs/man ] || $(call missing,there are no documents; make docs makes them)
	for section in 1 3; do install -d $(call below,$(MANDIR))/man$$section && \
	    install -m 644 $(BUILD)/docs/man/man$$section/* $(call below,$(MANDIR))/man$$section || exit; done
	install -d $(call below,$(DOCDIR))
	cp -R $(BUILD)/docs/html $(call below,$(DOCDIR))

uninstall:
	$(call take,$(notdir $(HEADERS)),$(INCLUDEDIR)/gan)
	$(call take,libgan.a $(SHARED_NAMES),$(LIBDIR))
	$(call take,libgan.pc,$(PKGCONFIGDIR))
	$(call take,mpi.h,$(INCLUDEDIR)/gan)
	$(call take,libgan_mpi.a $(MPI_NAMES),$(LIBDIR))
	$(call take,libgan-mpi.pc,$(PKGCONFIGDIR))
	$(call take,libgan-config.cmake libgan-config-version.cmake,$(CMAKEDIR))
	$(call take_directory,$(CMAKEDIR))
	$(call take,$(COMMAND_NAMES),$(BINDIR))
	$(call take,$(COMMAND_NAMES),$(BASHDIR))
	$(call take,_gan,$(ZSHDIR))
	$(call take,gan-convert torch_module.py,$(DATADIR)/libgan)
	$(call take,$(COMMAND_NAMES:%=%.1),$(MANDIR)/man1)
	$(call take,gan_*.3 libgan_*.3,$(MANDIR)/man3)
	rm -rf $(call below,$(DOCDIR)/html)
	$(call take,$(notdir $(EXAMPLE_PARTS)),$(EXAMPLESDIR)/common)
	$(call take,$(notdir $(EXAMPLE_FILES)),$(EXAMPLESDIR))
	$(call take_directory,$(INCLUDEDIR)/gan)
	$(call take_directory,$(EXAMPLESDIR)/common)
	$(call take_directory,$(EXAMPLESDIR))
	directory=$(call below,$(EXAMPLESDIR)); rmdir "$${directory%/*}" 2>/dev/null || :

# --- Releases: see "Releases" in CONTRIBUTING.md ---------------------------------------------------

.PHONY: dist verify-dist check-packages check-newcomer check-recipes
TARBALL := libgan-$(VERSION).tar.gz

dist:
	@mkdir -p $(BUILD)
	@scripts/make-dist . $(VERSION) $(BUILD)/$(TARBALL)
	@echo "libgan: $(BUILD)/$(TARBALL) is commit $$(git rev-parse --short HEAD)"

# What a fresh clone packs and builds is what this repository packs, and what the tarball builds.
verify-dist: dist
	rm -rf $(BUILD)-dist && mkdir $(BUILD)-dist
	git clone -q . $(BUILD)-dist/clone
	scripts/make-dist $(BUILD)-dist/clone $(VERSION) $(BUILD)-dist/$(TARBALL)
	cmp $(BUILD)/$(TARBALL) $(BUILD)-dist/$(TARBALL)
	tar -xzf $(BUILD)/$(TARBALL) -C $(BUILD)-dist
	for copy in clone libgan-$(VERSION); do $(MAKE) -C $(BUILD)-dist/$$copy BUILD=build static shared || exit; done
	for file in libgan.a $(notdir $(SHARED)); do \
	    cmp $(BUILD)-dist/clone/build/$$file $(BUILD)-dist/libgan-$(VERSION)/build/$$file || exit; done
	@echo "libgan: $(TARBALL) is the same again, and builds the same library"

# In clean roots of Debian's releases, as root: minutes to hours each.
check-packages:
	@BUILD=$(BUILD) scripts/check-packages $(SUITES)

check-newcomer:
	@BUILD=$(BUILD) MAKE='$(MAKE)' scripts/check-newcomer $(SUITES)

# Those of packaging/, with what of their tools Debian has.
check-recipes:
	@BUILD=$(BUILD) scripts/check-recipes
