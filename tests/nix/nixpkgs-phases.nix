# A `pkgs` that builds with the phases and hooks of a real nixpkgs, its setup.sh, on the distribution's programs.
# Nothing of nixpkgs has to be built, or fetched, for it.
{
  # A tree of nixpkgs.
  nixpkgs,
  # The stand-in for everything else.
  pkgs,
}:
let
  hooks = [
    "no-broken-symlinks"
    "audit-tmpdir"
    "compress-man-pages"
    "make-symlinks-relative"
    "move-docs"
    "move-lib64"
    "move-sbin"
    "move-systemd-user-units"
    "multiple-outputs"
    "patch-shebangs"
    "prune-libtool-files"
    "reproducible-builds"
    "set-source-date-epoch-to-latest"
    "strip"
  ];

  preset = builtins.toFile "preset.sh" ''
    export SHELL=/bin/bash
    initialPath=/usr
    defaultBuildInputs=
    defaultNativeBuildInputs="${
      builtins.concatStringsSep " " (
        map (hook: "${nixpkgs + "/pkgs/build-support/setup-hooks/${hook}.sh"}") hooks
      )
    }"
  '';

  builder = builtins.toFile "builder.sh" ''
    source "$preset"
    source "$setup"
    genericBuild
  '';

  mkDerivation =
    attributes:
    derivation (
      builtins.removeAttrs attributes [
        "meta"
        "passthru"
      ]
      // {
        inherit (pkgs) system;
        name = attributes.name or "${attributes.pname}-${attributes.version}";
        builder = "/bin/bash";
        args = [
          "-e"
          builder
        ];
        inherit preset;
        setup = nixpkgs + "/pkgs/stdenv/generic/setup.sh";
        out = "out";
        outputs = [ "out" ];
        propagatedBuildInputs = builtins.filter (input: input ? drvPath) (
          attributes.propagatedBuildInputs or [ ]
        );
      }
    )
    // attributes.passthru or { };

  stdenv = pkgs.stdenv // {
    inherit mkDerivation;
  };
in
pkgs
// {
  inherit stdenv;
  stdenvNoCC = stdenv;
  # Its `bin` is where the hook that patches first lines looks.
  bash = "/usr";
}
