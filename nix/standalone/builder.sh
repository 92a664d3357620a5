# Builds one derivation of make-derivation.nix with the distribution's shell and programs.
PATH=/usr/bin:/bin
export PATH
# Independent of the machine: locale, time zone, hash seed, dates.
export LC_ALL=C.UTF-8 TZ=UTC PYTHONHASHSEED=0 SOURCE_DATE_EPOCH=315532800
umask 022

runHook() {
  eval "eval \"\${$1-}\""
}

# The distribution's programs are where the first lines of scripts say.
patchShebangs() {
  :
}

if [ -n "${buildCommand-}" ]; then
  eval "$buildCommand"
else
  if [ -z "${dontUnpack-}" ]; then
    eval "$unpackPhase"
    cd "$sourceRoot"
  fi
  eval "${postPatch-}"
  if [ -z "${dontBuild-}" ]; then
    eval "$buildPhase"
  fi
  eval "$installPhase"
  eval "${preFixup-}"
  if [ -n "${propagatedBuildInputs-}" ]; then
    mkdir -p "$out/nix-support"
    printf '%s ' $propagatedBuildInputs > "$out/nix-support/propagated-build-inputs"
  fi
fi
