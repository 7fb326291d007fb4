/**
 * Certificates of one machine for tests that also run on XS: its own, the next one with the same key, and the
 * authorities that issued them. Made by tools/measure/certificates.ts; the private keys were thrown away.
 */
import { fromBase64 } from "../../../../shared/base64.js";

export const MACHINE_ID = "M-1";
export const DAY_S = 86_400;
/** Unix seconds: its own lives from here for OWN_DAYS, the next one from 270 days later for as long. */
export const OWN_FROM_S = 1_767_225_600;
export const OWN_DAYS = 396;
export const NEXT_FROM_S = OWN_FROM_S + 270 * DAY_S;

export const AUTHORITY = bytesOf(
  "MIIC5TCCAc2gAwIBAgIQAWZsZWV0IGF1dGhvcml0eTANBgkqhkiG9w0BAQsFADAcMRowGAYDVQQDDBFmbGVldCBhdXRob3JpdHkgMTAe" +
    "Fw0yNTEyMzEwMDAwMDBaFw0zNTEyMzAwMDAwMDBaMBwxGjAYBgNVBAMMEWZsZWV0IGF1dGhvcml0eSAxMIIBIjANBgkqhkiG9w0BAQEF" +
    "AAOCAQ8AMIIBCgKCAQEA6Pd1rU6oWS+3o3/YxSIAyUFR6uxk3CTU08v7Thty1tcQv6oSz+vS8XydrIN4eNg3qGN3LLF74Myw3dKjJ8i+" +
    "q9L3TWJ63p/b53eo+wJmV1brtIg225edHBkthgY3UaTY8vhavkX+H4pHjdD6M37SOyjBHt7mCyfToCL1f5Yrwp7LC0YNe1gUHxUymNsc" +
    "sQ5xm/oWr50wYgdzs9Ul/7W2aJ4LHlSc9t7cujBn90gpH3LGpkpDsmqYiPQNpnEaFlbkBZOnTjZ+auhTPhLujIBEtAU+aWGAzu/6riHH" +
    "acn/2WrZrgroVDS/fO2/++db4gaTOh4m9biZidE+ef2HYHvoYwIDAQABoyMwITAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIC" +
    "BDANBgkqhkiG9w0BAQsFAAOCAQEAkQmEGcCK16CgTNTx/BRyVGo4kJTdAI84p+jqiCGGNyii6jKd9TFLd0mL+gzzGSZ0biJetoJz56gl" +
    "zJ69nnkOmntK6YMhUhMWuhgBKl2tcjqPh+S6DBRwB9HLqIyj5rAf1nae7qd8ZcCOOcQgu+YpefZ8omt+QVXUUbvbdIFYrxk/FoRcGHUW" +
    "3Pofz64CNrnAIOZ4P5uDmiQGvwcJaYkpFKKernp8BOQXpClYtjbIccSYboFL9A7rTnRE7aZ7n9M5UfLiwCVAheKNQRUM7JAuyYFeVK0O" +
    "GltCLEFISZqzLrrnKmrNk0uB4tlJylUkTIDY+lk6cGNu7r7Tdm7TJM4HBg==",
);

export const NEXT_AUTHORITY = bytesOf(
  "MIIC5TCCAc2gAwIBAgIQAWZsZWV0IGF1dGhvcml0eTANBgkqhkiG9w0BAQsFADAcMRowGAYDVQQDDBFmbGVldCBhdXRob3JpdHkgMjAe" +
    "Fw0yNTEyMzEwMDAwMDBaFw0zNTEyMzAwMDAwMDBaMBwxGjAYBgNVBAMMEWZsZWV0IGF1dGhvcml0eSAyMIIBIjANBgkqhkiG9w0BAQEF" +
    "AAOCAQ8AMIIBCgKCAQEAx1nAZ4ukL1a0Vn8tT3CupSeiKYI2jBRxpO9dNnhom720ntqHY/beKVLaUT+qL5HGoHoD86O14aMsCsea8w92" +
    "hGO7+UOHsH/ZW1vKNnSYHAUTqDAYD91h18OlzbozhhNrsAnBuhPcH22AANCSoLV+9Iv1+L3XHlxQJL7j/lXuTdGQXSwcr1JJwFUyhinn" +
    "0qGBDfHP/iVH6dhDch+MRizcmbfqitltXH8IPW0VJfdGH8LyDigzayN9D/QBGMt45cUsbp/eGREqFexXi88NUrvslga2QgE8t18wptG0" +
    "Ix0e/At7O/lFZjn4Dgh29k/GJfiqf6D5bynSfdxxd1LpoyaBSQIDAQABoyMwITAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIC" +
    "BDANBgkqhkiG9w0BAQsFAAOCAQEAtUhtWjB5ogLnZMPfyW8uG0vtJfqBF0Hnb7v84QHI6a7FXm2hgCMslIbGs7GibB6aTmC5gorDvYAl" +
    "Q275NIIbG3qZ1H3fWyQ231kbySu9/sCl7lxCvh3xvO8DVYgsRyqAOtrPggOT5ThpvKTiysmultuwAKjioqtJ51LQu4GbrqXbfYAF5Unm" +
    "yIqDuAA7sKxKxUNaVVJF7gW6WM3Zrrn9aXStRnMSh0wxcRVQiPxSWgGa09uQFIsw2PpyRbBHZr/MMGb6Pp0eTiaJa24EZdcmzFdk7iaH" +
    "TTcPeb+lRrWLJ0hSl2xL23yIWmgOPyu9R5Lpf4fT1PeA/PyiD7UhmATOMg==",
);

export const OWN = bytesOf(
  "MIIC3TCCAcWgAwIBAgIEAU0tMTANBgkqhkiG9w0BAQsFADAcMRowGAYDVQQDDBFmbGVldCBhdXRob3JpdHkgMTAeFw0yNjAxMDEwMDAw" +
    "MDBaFw0yNzAyMDEwMDAwMDBaMA4xDDAKBgNVBAMMA00tMTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALrabEWcRtvbzkB3" +
    "qjm7S/hBygtR2KftOsDpvhWej3Cfb9IaKJ4CYZ9YZdTlcUU4cZAJO408IqH0qprw1unhLSSzFWV059yjXAUROr4uFudX5H5A5gbNu5cC" +
    "cCFpS9RtP638jskzUni5CJVpCHimCYDihveZyvMXF6Yl1Jxvm+It3KFUPSWi+W62HnJbSDTrCpl2+R9ky1ItDEtXxeB+JbqbzXFNH0tX" +
    "+eRl1x7tnO7vvFOHHDPGU217TrdufHYWdK9UO3kymO/x5QzMO+D4DUa/fFWMV5EazyHxkDBdr1DzxWEgavO+ON0i5XFHdXotD8OPRGDm" +
    "3wz61RA/mgB5/RECAwEAAaM1MDMwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwIwDQYJKoZI" +
    "hvcNAQELBQADggEBAL3blSahYp6MdSA3xDqcmBqU/ASs6cKcIvLoojezdWX/Wx1LRRhzEAO88Eh17zgJahbX/dXLC2xvwCAfwT02F8FI" +
    "4eoqVlgpokAfpcpICDczUoKoOpQGDS06ODFW5abTN0XOYJEnBLtgcl5V4lb/FdBUPQJhkVihtpmxGVEmdk13Uv8G9nChefhCwox1GQGG" +
    "esCPb+VUB0GwOAa/xB/UkdW5y2DbkjDaselmTMuzCjcSxdXNiGV0Ut7VXIfQyDRnScvENhi6tS+7vTyN5tlqzCuu2SHEDBDG0JXEwS/1" +
    "bylJJELLeaSIO5yFggmj/LjJOOGw/iv0dky8kpKqDzXFiXk=",
);

export const NEXT = bytesOf(
  "MIIC3TCCAcWgAwIBAgIEAU0tMTANBgkqhkiG9w0BAQsFADAcMRowGAYDVQQDDBFmbGVldCBhdXRob3JpdHkgMjAeFw0yNjA5MjgwMDAw" +
    "MDBaFw0yNzEwMjkwMDAwMDBaMA4xDDAKBgNVBAMMA00tMTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALrabEWcRtvbzkB3" +
    "qjm7S/hBygtR2KftOsDpvhWej3Cfb9IaKJ4CYZ9YZdTlcUU4cZAJO408IqH0qprw1unhLSSzFWV059yjXAUROr4uFudX5H5A5gbNu5cC" +
    "cCFpS9RtP638jskzUni5CJVpCHimCYDihveZyvMXF6Yl1Jxvm+It3KFUPSWi+W62HnJbSDTrCpl2+R9ky1ItDEtXxeB+JbqbzXFNH0tX" +
    "+eRl1x7tnO7vvFOHHDPGU217TrdufHYWdK9UO3kymO/x5QzMO+D4DUa/fFWMV5EazyHxkDBdr1DzxWEgavO+ON0i5XFHdXotD8OPRGDm" +
    "3wz61RA/mgB5/RECAwEAAaM1MDMwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwIwDQYJKoZI" +
    "hvcNAQELBQADggEBAC7GOsT2ZoDPieDeZzY4IAOjNYSmETR3qcIUzPM+UI4aS3PdUBjF0RH/Z98ad2FiCNuI7oaV5WAqwUqQlhqa9X6F" +
    "hpuWwhDNf6z1sUo1tdiwQl9ta6xxinc6kR8UvF3PO8Aojn7zRK5mfJTVu5i0jBG4mWSXc1g2JPQ4929xV1ewbfLD8U9tETqaV3JpjTlg" +
    "Re7eT6jpj4HAUYn8GdUu6Cs1iM7C5+OAJvHtTPvjtFM9B5vevGU/6pVYMmLG/O2I0n9UYPtLxU/dBE6P51+qNu3P/f1K31oYgFmiHHxc" +
    "Q8HspYMbuFBPXU84mc1Sbcw4jZVFJul7mIoJr7uN5GgF39Q=",
);

function bytesOf(base64: string): Uint8Array {
  const bytes = fromBase64(base64);
  if (bytes === undefined) throw new Error("no base64");
  return bytes;
}
