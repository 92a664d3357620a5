# Turns a plugins.lock into fixed-output derivations, Python packages and one plugin environment.
# What the arguments and attributes mean stands in docs/nix.md.
#
# Evaluation reads the lock and nothing else: no network, no import from derivation, no generated code.
{
  pkgs,
  # The path of plugins.lock.
  lock,
  lib ? pkgs.lib,
  system ? pkgs.stdenv.hostPlatform.system,
  # The host's own interpreter; null: the one of `pkgs` that has the lock's Python version.
  python ? null,
  # Names of the plugins wanted on this machine; null: all that the lock has for this system.
  plugins ? null,
  # The host's site-packages, or an environment that holds them: a path or a derivation; for `checks` and scripts.
  host ? null,
  # Package name -> what goes to `overrideAttrs`, such as `finalAttrs: previousAttrs: { … }`.
  overrides ? { },
  # How a file is fetched: a function of { name, url, sha256 }.
  fetchurl ? import <nix/fetchurl.nix>,
  # How every git commit is fetched: a function of { name, url, rev, hash, fetchSubmodules }; null: `pkgs.fetchgit`
  # over http, and Nix itself, at evaluation, over ssh.
  fetchGit ? null,
}:
let
  inherit (import ./lock.nix { inherit lib; } lock) view;

  selection = import ./selection.nix { inherit lib; } {
    inherit system view;
    wanted = plugins;
  };

  interpreter = import ./interpreter.nix {
    inherit
      pkgs
      python
      system
      view
      ;
  };

  artifacts =
    import ./artifacts.nix
      {
        inherit lib;
        fetchSource = import ./sources.nix {
          inherit
            fetchGit
            fetchurl
            lib
            pkgs
            ;
          root = builtins.dirOf lock;
        };
      }
      selection;

  inherit
    (import ./packages.nix {
      inherit
        artifacts
        lib
        overrides
        pkgs
        selection
        ;
      python = interpreter;
    })
    buildPackages
    override
    packages
    ;

  makeEnvironment = import ./environment.nix {
    inherit host lib pkgs;
    allowModules = view.policy.allow-modules or { };
    python = interpreter;
  };

  directories = import ./directories.nix {
    inherit
      artifacts
      lib
      makeEnvironment
      override
      packages
      pkgs
      selection
      ;
    makeInterpreter = import ./plugin-interpreter.nix {
      inherit host pkgs;
      python = interpreter;
    };
    python = interpreter;
  };

  pluginSet = import ./plugins.nix {
    inherit
      artifacts
      directories
      lib
      makeEnvironment
      packages
      selection
      ;
  };

  environment = makeEnvironment {
    name = "${view.host.name}-plugins";
    packages = builtins.attrValues packages;
    inherit directories;
  };

  makeChecks =
    host:
    import ./checks.nix {
      inherit
        environment
        host
        lib
        pkgs
        selection
        ;
      python = interpreter;
    };
in
{
  inherit buildPackages environment packages;

  artifacts = artifacts.byName;
  plugins = pluginSet;

  # What plugins are installed for.
  python = interpreter;

  # For options that take Python modules; the closure, so that lists which are not followed work as well.
  pythonPackages = builtins.attrValues packages;

  # For options that take plugin folders.
  directoryPlugins = builtins.attrValues directories;

  # For hosts that take one folder of them.
  skillsDirectory = import ./folders.nix { inherit lib pkgs; } {
    name = "${view.host.name}-plugin-folders";
    inherit directories;
  };

  checks = makeChecks host;

  # The host's package, with its programs finding the plugins after the host's own packages.
  extendHost = import ./extend-host.nix {
    inherit
      lib
      makeChecks
      pkgs
      selection
      ;
    plugins = environment;
    python = interpreter;
  };
}
