// The editor works without this. With it the page's address follows the title while it is typed.

const title = document.querySelector("#title");
const slug = document.querySelector("#slug");
if (title && slug) {
  const suggest = () => {
    const words = title.value.normalize("NFKD").replace(/[^\p{ASCII}]|'/gu, "").toLowerCase().match(/[a-z0-9]+/g) ?? [];
    slug.placeholder = words.join("-").slice(0, 48).replace(/-+$/, "");
  };
  title.addEventListener("input", suggest);
  suggest();
}
