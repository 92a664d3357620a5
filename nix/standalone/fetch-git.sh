# Leaves the plain checkout of commit $rev of $url at $out.
export HOME="$NIX_BUILD_TOP"
# Nothing of the machine's own configuration: filters and line ends would change the checkout.
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0

certificates="${NIX_GIT_SSL_CAINFO:-${NIX_SSL_CERT_FILE-}}"
if [ -n "$certificates" ] && [ -r "$certificates" ]; then
  export GIT_SSL_CAINFO="$certificates"
elif [ -d /usr/share/ca-certificates ] && ! [ -e /etc/ssl/certs/ca-certificates.crt ]; then
  # The sandbox has no /etc of the distribution's; this is what that file is made of.
  find /usr/share/ca-certificates -name '*.crt' -exec cat {} + > "$NIX_BUILD_TOP/certificates"
  export GIT_SSL_CAINFO="$NIX_BUILD_TOP/certificates"
fi

fail() {
  echo "plugin-lock: $name: $1" >&2
  exit 1
}

git init --quiet "$out"
cd "$out"
git remote add origin "$url"
# Not every server gives a commit that no branch or tag names.
git fetch --quiet --depth 1 origin "$rev" \
  || git fetch --quiet --tags origin '+refs/*:refs/remotes/origin/*' \
  || fail "cannot fetch from $url; is it there, and public?"
git -c advice.detachedHead=false checkout --quiet "$rev" \
  || fail "$url no longer has the commit $rev; run \`plugin-lock update\` for this plugin"
if [ -n "$submodules" ]; then
  git submodule --quiet update --init --recursive || fail "cannot fetch the submodules of $url"
fi
find . -name .git -prune -exec rm -rf {} +
