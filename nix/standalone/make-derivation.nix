# `stdenv.mkDerivation` as far as this library calls it: names, passthru, meta, overrideAttrs, and a builder that
# runs `buildCommand`, or else `installPhase` and `preFixup`, in the distribution's shell.
{
  lib,
  system,
  version,
}:
let
  # What describes a package, or turns off what is never on here, and does not shape its build.
  described = [
    "__structuredAttrs"
    "doCheck"
    "doInstallCheck"
    "meta"
    "passthru"
    "preferLocalBuild"
  ];

  hasDerivation = package: package ? drvPath;

  make =
    attributes:
    let
      final = if builtins.isFunction attributes then attributes final else attributes;
      passthru = final.passthru or { };
      meta = final.meta or { };

      built = derivation (
        builtins.removeAttrs final described
        // {
          inherit system;
          name = final.name or "${final.pname}-${final.version}";
          builder = "/bin/sh";
          args = [
            "-e"
            ./builder.sh
          ];
          # The distribution's Python shapes the result, and no hash knows of it.
          distributionPython = version;
          # A distribution's Python has no store path to refer to.
          propagatedBuildInputs = builtins.filter hasDerivation (final.propagatedBuildInputs or [ ]);
        }
      );
    in
    built
    // passthru
    // {
      inherit meta passthru;
      overrideAttrs =
        change:
        let
          overlay = if builtins.isFunction change then change else _: change;
        in
        make (
          finalAttrs:
          let
            previous = if builtins.isFunction attributes then attributes finalAttrs else attributes;
            # Both `finalAttrs: previousAttrs: { }` and `previousAttrs: { }`, as nixpkgs takes them.
            once = overlay previous;
            twice = overlay finalAttrs previous;
          in
          previous // (if builtins.isFunction once then twice else once)
        );
    }
    // lib.optionalAttrs (final ? pname) { inherit (final) pname; }
    // lib.optionalAttrs (final ? version) { inherit (final) version; };
in
make
