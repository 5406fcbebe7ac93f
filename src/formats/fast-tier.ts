// Why a client's wish for more speed is left out.

/** It is dearer: nobody is charged for less than was used. */
export const NO_FAST_PRICE = 'the model has no price for the tier `fast` here';
