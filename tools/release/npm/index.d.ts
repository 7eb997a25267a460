/** The path of the barrow program for this machine; throws when the package of this platform was not installed. */
export declare function programPath(): string;
