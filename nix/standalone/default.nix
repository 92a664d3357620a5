# A stand-in for `pkgs` on machines without nixpkgs: the small part of its interface that this library uses, on top
# of the distribution's own Python and shell.
#
# Builds run in Nix's sandbox with the distribution's folders visible (`sandbox-paths = /usr /lib /lib64 /bin`).  What
# the distribution installs there is an impurity that no hash covers, so the Python version is part of each
# derivation; after a change of anything else below /usr, build again with `--check`.
{
  # The distribution's interpreter, such as "/usr/bin/python3.11", and its full version, such as "3.11.2".
  interpreter,
  version,
  # A folder that holds the Python package `installer`.
  installer,
  system ? builtins.currentSystem,
}:
let
  lib = import ./lib.nix;

  makeDerivation = import ./make-derivation.nix { inherit lib system version; };

  pythonVersion = builtins.concatStringsSep "." (lib.take 2 (lib.splitString "." version));

  hasPythonModule = package: package ? pythonModule && package.pythonModule == python;

  requiredPythonModules =
    packages:
    let
      modules = builtins.filter hasPythonModule packages;
    in
    lib.unique (
      [ python ]
      ++ modules
      ++ builtins.concatMap (package: package.requiredPythonModules or [ ]) modules
    );

  # Not built by Nix, so there is no derivation behind it; nixpkgs' functions look at these attributes only.
  python = {
    type = "derivation";
    name = "python3-${version}";
    outPath = builtins.dirOf (builtins.dirOf interpreter);
    inherit interpreter pythonVersion version;
    executable = builtins.baseNameOf interpreter;
    libPrefix = "python${pythonVersion}";
    sitePackages = "lib/python${pythonVersion}/site-packages";
    pkgs = {
      inherit hasPythonModule requiredPythonModules;
      makePythonPath =
        packages:
        builtins.concatStringsSep ":" (
          map (package: "${package}/${python.sitePackages}") (requiredPythonModules packages)
        );
      installer = makeDerivation {
        name = "python${pythonVersion}-installer";
        source = builtins.path {
          path = installer;
          name = "installer-source";
          # The folder usually is a whole site-packages.
          filter =
            path: _:
            let
              inner = lib.removePrefix "${toString installer}/" (toString path);
            in
            (inner == "installer" || lib.hasPrefix "installer/" inner) && builtins.baseNameOf path != "__pycache__";
        };
        buildCommand = ''
          mkdir -p "$out/lib/python${pythonVersion}"
          ln -s "$source" "$out/${python.sitePackages}"
        '';
      };
    };
  };

  stdenv = {
    mkDerivation = makeDerivation;
    hostPlatform = {
      inherit system;
      isLinux = lib.hasSuffix "-linux" system;
      isDarwin = lib.hasSuffix "-darwin" system;
    };
  };
in
{
  inherit lib stdenv system;
  fetchgit = import ./fetch-git.nix { inherit makeDerivation; };
  stdenvNoCC = stdenv;
  "python${builtins.replaceStrings [ "." ] [ "" ] pythonVersion}" = python;
}
