class Libgan < Formula
  desc "Generative adversarial networks on the CPU, from C"
  homepage "https://example.org/libgan"
  url "https://example.org/libgan/libgan-0.1.0.tar.gz"
  license "MIT"

  depends_on "check" => :build
  depends_on "doxygen" => :build
  depends_on "help2man" => :build
  depends_on "pkgconf" => :build
  depends_on "cairo"
  depends_on "jpeg-turbo"
  depends_on "libpng"
  depends_on "libzip"
  depends_on "openblas"
  depends_on "webp"

  def install
    settings = ["MPI=none", "PREFIX=#{prefix}"]
    system "make", *settings, "static", "shared", "commands"
    system "make", *settings, "docs"
    system "make", *settings, "install", "install-docs"
  end

  test do
    (testpath/"host.c").write <<~C
      #include <gan/gan.h>
      #include <stdio.h>
      int main(void) { return puts(gan_version_string()) < 0; }
    C
    flags = shell_output("pkg-config --cflags --libs libgan").chomp.split
    system ENV.cc, "host.c", "-o", "host", *flags
    assert_equal version.to_s, shell_output("./host").chomp
  end
end
