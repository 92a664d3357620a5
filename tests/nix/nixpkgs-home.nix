# What Home Manager needs of nixpkgs to build a home: nixpkgs' own builders, run by the distribution's programs, so that
# nothing of nixpkgs itself has to be built or fetched.  Everything else is only evaluated.
{
  # A tree of nixpkgs.
  nixpkgs,
  # The stand-in for the host's Python.
  standalone,
}:
let
  inherit (standalone) system;

  native = import nixpkgs {
    inherit system;
    config = { };
    overlays = [
      (_: _: {
        perl = "/usr";
        runtimeShell = "/bin/bash";
      })
    ];
    # One stage, whose standard environment is that of nixpkgs on /usr.
    stdenvStages =
      {
        config,
        localSystem,
        overlays,
        ...
      }:
      [
        (_: { __raw = true; })
        (_: {
          inherit config overlays;
          stdenv = import (nixpkgs + "/pkgs/stdenv/generic") { defaultConfig = config; } {
            buildPlatform = localSystem;
            hostPlatform = localSystem;
            targetPlatform = localSystem;
            initialPath = [ "/usr" ];
            shell = "/bin/bash";
            cc = null;
            fetchurlBoot = null;
          };
        })
      ];
  };

  pkgs = import nixpkgs {
    inherit system;
    config = { };
    overlays = [ ];
  };

  ofDistribution =
    name: native.runCommandLocal name { } "mkdir $out && ln -s /usr/bin /usr/share $out";

  # What activation and the builds of a home run.
  programs = native.lib.genAttrs [
    "bash"
    "coreutils"
    "dbus"
    "diffutils"
    "findutils"
    "gettext"
    "gnugrep"
    "gnused"
    "jq"
    "lndir"
    "ncurses"
    "sd-switch"
    "systemd"
  ] ofDistribution;
in
pkgs
// programs
// {
  inherit (native)
    buildEnv
    emptyDirectory
    replaceVars
    runCommand
    runCommandLocal
    runtimeShell
    stdenv
    stdenvNoCC
    symlinkJoin
    writeShellScript
    writeShellScriptBin
    writeText
    writeTextDir
    writeTextFile
    ;
  buildPackages = pkgs.buildPackages // {
    inherit (programs) gettext;
  };
}
// builtins.removeAttrs standalone [
  "fetchgit"
  "lib"
  "stdenv"
  "stdenvNoCC"
  "system"
]
