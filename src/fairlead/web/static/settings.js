// Forms of the settings. Everything works without this file.
"use strict";

(() => {
  // The zone of the browser is proposed where none was chosen yet, and with it its country.
  const propose = () => {
    for (const select of document.querySelectorAll("select[data-proposes]")) {
      const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const name = JSON.parse(select.dataset.former)[here] ?? here;
      const option = [...select.options].find((one) => one.value === name);
      const country = document.getElementById(select.dataset.proposes);
      if (!option) continue;
      select.value = name;
      if (country && option.dataset.country) country.value = option.dataset.country;
      if (country && !country.value) country.selectedIndex = 0;
    }
  };
  propose();
})();
